/* How fast this browser reads memory: sums n floats, by as many streams as are asked for, each n / n_streams floats
 * after the one before. A token's products read the weights just so, once, and can be no faster than this.
 *
 * Like sgemm.c, without a library, data or stack. n must be a multiple of 4 n_streams.
 */
#include <wasm_simd128.h>

typedef unsigned long size;

#define LANES 4
#define INLINE static inline __attribute__((always_inline))

INLINE float sum(const int n_streams, const float *x, size n) {
  v128_t s[8];
  for (int i = 0; i < n_streams; i++) s[i] = wasm_f32x4_const_splat(0);
  size apart = n / n_streams;
  for (size at = 0; at < apart; at += LANES)
    for (int i = 0; i < n_streams; i++) s[i] = wasm_f32x4_add(s[i], wasm_v128_load(x + i * apart + at));
  for (int i = 1; i < n_streams; i++) s[0] = wasm_f32x4_add(s[0], s[i]);
  return wasm_f32x4_extract_lane(s[0], 0) + wasm_f32x4_extract_lane(s[0], 1) +
         wasm_f32x4_extract_lane(s[0], 2) + wasm_f32x4_extract_lane(s[0], 3);
}

__attribute__((export_name("sum_1"))) float sum_1(const float *x, size n) { return sum(1, x, n); }
__attribute__((export_name("sum_4"))) float sum_4(const float *x, size n) { return sum(4, x, n); }
__attribute__((export_name("sum_8"))) float sum_8(const float *x, size n) { return sum(8, x, n); }
