/**
 * The C text of what runs kernels, compiled once for a process. It exports
 * `nabla_run(const double* calls, double count, double threads)`: `calls` holds, call by call, the address of the
 * kernel, the number of its buffers and their addresses, all as doubles, which JavaScript writes fastest and which hold
 * any address. A kernel is `void (char* const* buffers, const team*)` and gives the turns of a long loop to the team.
 *
 * The team divides them into chunks by fixed boundaries, and whoever is free takes the next one. So the caller does all
 * the work itself when the other threads are asleep, late, or could not be started. Threads that wait look for work for
 * a while, since the next loop mostly comes at once, then sleep. A second caller at the same time runs without them.
 */
export const POOL_TEXT = `
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#ifdef __linux__
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

typedef int32_t i32;
typedef uint32_t u32;
typedef int64_t i64;
typedef uint64_t u64;
typedef double f64;

/* The turns from .. to - 1 of a loop, with working memory of the thread's own. */
typedef void (*part)(const void* frame, i64 from, i64 to, char* own);
typedef struct team {
  void (*share)(part work, const void* frame, i64 turns, i64 own_bytes);
} team;

enum {
  MOST_THREADS = 256,
  CHUNKS_OF_A_THREAD = 4,
  WAIT_IN_A_RUN = 200000, /* nanoseconds of looking for work before a thread sleeps */
  WAIT_AFTER_A_RUN = 50000
};

#define GET(x) __atomic_load_n(&(x), __ATOMIC_RELAXED)
#define SET(x, value) __atomic_store_n(&(x), value, __ATOMIC_RELAXED)

/* A loop under way. It changes only while no chunk of it is left, neither to take nor unfinished. */
static part job_work;
static const void* job_frame;
static i64 job_turns, job_chunks, job_own;
static i32 job_helpers;

static u64 ticket;  /* number of the loop, then in the low half how many of its chunks nobody has taken */
static i64 done;    /* chunks that are finished */
static i32 running; /* whether a program is under way, so that more loops are near */
static u32 loops;   /* loops begun, for those who sleep until the next */
static i32 sleepers;
static i32 started, threads_now;

static void relax(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

static i64 nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (i64)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* sleep_while(n) returns when there have been other than n loops; whoever wakes others must not wait for them. */
#ifdef __linux__
static void sleep_while(u32 seen) {
  syscall(SYS_futex, &loops, FUTEX_WAIT_PRIVATE, seen, 0, 0, 0);
}
static void wake_all(void) {
  syscall(SYS_futex, &loops, FUTEX_WAKE_PRIVATE, INT32_MAX, 0, 0, 0);
}
#else
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wake = PTHREAD_COND_INITIALIZER;
static void sleep_while(u32 seen) {
  pthread_mutex_lock(&lock);
  if (GET(loops) == seen) pthread_cond_wait(&wake, &lock);
  pthread_mutex_unlock(&lock);
}
static void wake_all(void) {
  pthread_mutex_lock(&lock);
  pthread_cond_broadcast(&wake);
  pthread_mutex_unlock(&lock);
}
#endif

static char* own_memory(i64 bytes) {
  static _Thread_local char* memory;
  static _Thread_local i64 size;
  if (bytes > size) {
    void* larger;
    if (posix_memalign(&larger, 64, bytes) != 0) abort();
    free(memory);
    memory = larger;
    size = bytes;
  }
  return memory;
}

static void help(i32 helper) {
  for (;;) {
    u64 now = __atomic_load_n(&ticket, __ATOMIC_ACQUIRE);
    i64 left = (u32)now;
    if (left == 0 || helper >= GET(job_helpers)) return;
    part work = GET(job_work);
    const void* frame = GET(job_frame);
    i64 turns = GET(job_turns), chunks = GET(job_chunks), bytes = GET(job_own);
    /* When this succeeds a chunk was still to be taken, so what was read belongs to the same loop. */
    if (!__atomic_compare_exchange_n(&ticket, &now, now - 1, 0, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) continue;
    i64 chunk = chunks - left;
    work(frame, turns * chunk / chunks, turns * (chunk + 1) / chunks, own_memory(bytes));
    __atomic_fetch_add(&done, 1, __ATOMIC_RELEASE);
  }
}

static void* helper_thread(void* number) {
  i32 helper = (i32)(intptr_t)number;
  for (u32 seen = 0;;) {
    help(helper);
    i64 since = nanoseconds();
    for (u32 i = 1; GET(loops) == seen; i++) {
      relax();
      if (i % 64 != 0 || nanoseconds() - since < (GET(running) ? WAIT_IN_A_RUN : WAIT_AFTER_A_RUN)) continue;
      __atomic_fetch_add(&sleepers, 1, __ATOMIC_SEQ_CST);
      sleep_while(seen);
      __atomic_fetch_sub(&sleepers, 1, __ATOMIC_SEQ_CST);
    }
    seen = GET(loops);
  }
  return 0;
}

/* Threads that cannot be started are done without. */
static void start_threads(void) {
  sigset_t all, before;
  sigfillset(&all);
  /* Signals are for the program's own threads. */
  pthread_sigmask(SIG_SETMASK, &all, &before);
  while (started < threads_now - 1) {
    pthread_t thread;
    if (pthread_create(&thread, 0, helper_thread, (void*)(intptr_t)started) != 0) break;
    pthread_detach(thread);
    started++;
  }
  pthread_sigmask(SIG_SETMASK, &before, 0);
}

static void share_alone(part work, const void* frame, i64 turns, i64 own_bytes) {
  work(frame, 0, turns, own_memory(own_bytes));
}

static void share_out(part work, const void* frame, i64 turns, i64 own_bytes) {
  i64 chunks = (i64)threads_now * CHUNKS_OF_A_THREAD;
  if (chunks > turns) chunks = turns;
  if (chunks < 2) return share_alone(work, frame, turns, own_bytes);
  if (started < threads_now - 1) start_threads();
  SET(job_work, work);
  SET(job_frame, frame);
  SET(job_turns, turns);
  SET(job_chunks, chunks);
  SET(job_own, own_bytes);
  SET(job_helpers, threads_now - 1);
  SET(done, 0);
  __atomic_store_n(&ticket, ((GET(ticket) >> 32) + 1) << 32 | (u64)chunks, __ATOMIC_SEQ_CST);
  __atomic_fetch_add(&loops, 1, __ATOMIC_SEQ_CST);
  if (__atomic_load_n(&sleepers, __ATOMIC_SEQ_CST) > 0) wake_all();
  help(-1);
  for (u32 i = 1; __atomic_load_n(&done, __ATOMIC_ACQUIRE) < chunks; i++) {
    relax();
    /* Another thread holds the last chunks: it may be waiting for this very processor. */
    if (i % 512 == 0) sched_yield();
  }
}

static const team alone = { share_alone };
static const team together = { share_out };

__attribute__((visibility("default"))) void nabla_run(const f64* calls, f64 count, f64 threads) {
  static i32 busy;
  i32 free_team = threads > 1 && !__atomic_exchange_n(&busy, 1, __ATOMIC_ACQUIRE);
  if (free_team) {
    threads_now = threads < MOST_THREADS ? (i32)threads : MOST_THREADS;
    SET(running, 1);
  }
  for (i64 left = (i64)count; left > 0; left--) {
    void (*kernel)(char* const*, const team*) = (void (*)(char* const*, const team*))(uintptr_t)*calls++;
    i32 buffers = (i32)*calls++;
    char* p[buffers + 1];
    for (i32 i = 0; i < buffers; i++) p[i] = (char*)(uintptr_t)*calls++;
    kernel(p, free_team ? &together : &alone);
  }
  if (free_team) {
    SET(running, 0);
    __atomic_store_n(&busy, 0, __ATOMIC_RELEASE);
  }
}
`
