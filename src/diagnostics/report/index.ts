export type { ReportFormat } from "./render-report.ts"
export { renderReport } from "./render-report.ts"
export type {
  ConfusionFigure,
  Curve,
  Fact,
  Failure,
  LandscapeFigure,
  LayerHistory,
  LayerRow,
  Line,
  ParameterRow,
  Quantiles,
  Report,
  ReportStatus,
  SpectrumFigure,
} from "./report.ts"
export type { ReportOptions } from "./report-of.ts"
export { reportOf } from "./report-of.ts"
export { sparkline } from "./sparkline.ts"
