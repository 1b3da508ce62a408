/** The page's looks: one column on a phone, pictures side by side where there is room, black on white when printed. */
export const style = `
:root { color-scheme: light dark; --paper: #fdfdfb; --card: #ffffff; --ink: #1d1f23; --muted: #5b6068; --line: #d9dbd7;
  --c1: #0067a5; --c2: #c24a00; --c3: #00795a; --shallow: #e08a1e; --deep: #1f4fa3;
  --error: #b3261e; --warning: #8a5a00; --hint: #35618e; --fine: #1e6b3a; }
@media (prefers-color-scheme: dark) { :root { --paper: #15171a; --card: #1c1f23; --ink: #e8e8e3; --muted: #a2a8b0;
  --line: #383d44; --c1: #62b5ee; --c2: #f2915a; --c3: #4cc79c; --shallow: #f2b15a; --deep: #7ba4f5;
  --error: #ff8a80; --warning: #f0be5e; --hint: #93c1ee; --fine: #7fd29b; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 76rem; padding: 1.5rem 1rem 4rem; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; text-wrap: pretty; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 0 0 .25rem; letter-spacing: -.01em; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 .75rem; padding-top: .75rem; border-top: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 0; }
p { margin: .4rem 0; max-width: 44rem; }
a { color: var(--c1); }
.lead { color: var(--muted); margin: 0; }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(9rem, 1fr)); gap: .75rem 1.25rem; margin: 1.25rem 0 0; }
.facts div { min-width: 0; }
.facts dt { color: var(--muted); font-size: .8rem; }
.facts dd { margin: 0; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.cards { display: grid; gap: 1rem; }
.card, figure { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 1rem; margin: 0; min-width: 0; }
.card { border-left: 4px solid var(--tone, var(--line)); }
.error { --tone: var(--error); } .warning { --tone: var(--warning); } .hint { --tone: var(--hint); } .fine { --tone: var(--fine); }
.badge { display: inline-block; color: var(--tone); border: 1px solid; border-radius: 4px; padding: 0 .4rem; margin-right: .5rem;
  font-size: .75rem; font-weight: 600; vertical-align: .1em; }
.where { color: var(--muted); font-size: .875rem; margin: .15rem 0 .4rem; overflow-wrap: anywhere; }
.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 21rem), 1fr)); gap: 1rem; align-items: start; }
figure svg { display: block; width: 100%; height: auto; margin: .5rem 0; }
figcaption { font-size: .875rem; color: var(--muted); }
.key { display: flex; flex-wrap: wrap; gap: 0 1rem; font-size: .8rem; color: var(--ink); list-style: none; margin: .25rem 0 0; padding: 0; }
.key i { display: inline-block; width: 1.1rem; height: 3px; border-radius: 2px; margin-right: .35rem; vertical-align: .2em; }
details { margin-top: .5rem; font-size: .875rem; }
summary { cursor: pointer; color: var(--muted); min-height: 1.75rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .875rem; font-variant-numeric: tabular-nums; margin: .5rem 0; }
th, td { text-align: left; vertical-align: top; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid var(--line); }
th { font-weight: 600; } td.n, th.n { text-align: right; white-space: nowrap; }
pre { background: var(--paper); border: 1px solid var(--line); border-radius: 6px; padding: .6rem .75rem; overflow-x: auto;
  font: .8125rem/1.45 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; margin: .4rem 0; }
:focus-visible { outline: 2px solid var(--c1); outline-offset: 2px; }
@media (max-width: 40rem) {
  .stack thead { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
  .stack, .stack tbody, .stack tr, .stack td, .stack th[scope=row] { display: block; }
  .stack tr { border-bottom: 1px solid var(--line); padding: .4rem 0; }
  .stack td, .stack th[scope=row] { border: 0; padding: 0; }
  .stack td::before { content: attr(data-name) ": "; color: var(--muted); }
}
@media print {
  :root { color-scheme: light; --paper: #fff; --card: #fff; --ink: #000; --muted: #444; --line: #bbb;
    --c1: #0067a5; --c2: #c24a00; --c3: #00795a; --shallow: #e08a1e; --deep: #1f4fa3; }
  body { max-width: none; padding: 0; font-size: 10.5pt; }
  .pictures { grid-template-columns: 1fr 1fr; }
  .card, figure { break-inside: avoid; } h2, h3 { break-after: avoid; }
  details:not([open]) { display: none; }
  pre { white-space: pre-wrap; }
}
`
