/* Loaded before a process's own libraries: shows it the clock of its test instead of the system's.
 *
 * TEST_CLOCK names a file of two numbers: the moment at which the clock stands in milliseconds, or 0 if it runs, and by how
 * many milliseconds it was moved. The monotonic clock stays as it is, and with it timeouts. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *clock_file;

__attribute__((constructor)) static void open_clock(void) {
  const char *path = getenv("TEST_CLOCK");
  int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  void *shown = file < 0 ? MAP_FAILED : mmap(NULL, 16, PROT_READ, MAP_SHARED, file, 0);
  if (shown == MAP_FAILED) abort(); /* no test runs by the wrong clock */
  clock_file = shown;
}

int clock_gettime(clockid_t id, struct timespec *now) {
  if (syscall(SYS_clock_gettime, id, now) != 0) return -1;
  if (id != CLOCK_REALTIME && id != CLOCK_REALTIME_COARSE) return 0;
  int64_t ms = clock_file[0] ? clock_file[0] : now->tv_sec * 1000LL + now->tv_nsec / 1000000;
  ms += clock_file[1];
  now->tv_sec = ms / 1000, now->tv_nsec = ms % 1000 * 1000000;
  return 0;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
  struct timespec exact;
  (void)zone;
  clock_gettime(CLOCK_REALTIME, &exact);
  now->tv_sec = exact.tv_sec, now->tv_usec = exact.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *now) {
  struct timespec exact;
  clock_gettime(CLOCK_REALTIME, &exact);
  return now ? (*now = exact.tv_sec) : exact.tv_sec;
}
