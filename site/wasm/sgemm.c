/* The matrix product that NumPy lacks in a browser: y = x w + bias in float32, on arrays in Python's own memory.
 *
 *     y[b][i][j] = bias[j] + sum over p of x[b][i][p] w[b][p][j]       b < batch, i < m, j < n, p < k
 *
 * Rows of x run along memory, x_row apart; y has no gaps; w may lie in any way: w_p and w_j are its distances
 * along p and along j. Distances count floats. bias may be NULL; scratch has room for 4 k floats.
 *
 * The memory belongs to Pyodide, so this module may have none of its own: no library, no data, and no stack
 * (the build checks that): what is computed with must fit the machine's 16 SIMD registers.
 */
#include <wasm_simd128.h>

typedef unsigned long size;
typedef v128_t f32x4;

#ifdef __wasm_relaxed_simd__
#define MULTIPLY_ADD(a, b, c) wasm_f32x4_relaxed_madd(a, b, c) /* rounds once where the machine can, else twice */
#else
#define MULTIPLY_ADD(a, b, c) wasm_f32x4_add(wasm_f32x4_mul(a, b), c)
#endif

#define LANES 4 /* floats in a register */
#define INLINE static inline __attribute__((always_inline))

INLINE const float *from(const float *bias, size j) { return bias ? bias + j : bias; }

/* (sum of a, sum of b, sum of c, sum of d) */
INLINE f32x4 sums(f32x4 a, f32x4 b, f32x4 c, f32x4 d) {
  f32x4 ab = wasm_f32x4_add(wasm_i32x4_shuffle(a, b, 0, 1, 4, 5), wasm_i32x4_shuffle(a, b, 2, 3, 6, 7));
  f32x4 cd = wasm_f32x4_add(wasm_i32x4_shuffle(c, d, 0, 1, 4, 5), wasm_i32x4_shuffle(c, d, 2, 3, 6, 7));
  return wasm_f32x4_add(wasm_i32x4_shuffle(ab, cd, 0, 2, 4, 6), wasm_i32x4_shuffle(ab, cd, 1, 3, 5, 7));
}

/* A tile of y, 1 or 2 rows (a constant) by 4 columns y_next apart, from columns of w that run along memory, w_next
 * apart: 8 sums of products in 8 registers, 6 more for what they are made of. A larger tile would not fit. */
INLINE void tile(const int n_rows, size k, const float *x, size x_row, const float *w, size w_next,
                 const float *bias, float *y, size y_next, size y_row) {
  const float *w0 = w, *w1 = w0 + w_next, *w2 = w1 + w_next, *w3 = w2 + w_next;
  f32x4 s[2][4];
  for (int i = 0; i < n_rows; i++)
    for (int j = 0; j < 4; j++) s[i][j] = wasm_f32x4_splat(0);
  size p = 0;
  for (; p + LANES <= k; p += LANES) {
    f32x4 wp[4] = {wasm_v128_load(w0 + p), wasm_v128_load(w1 + p), wasm_v128_load(w2 + p), wasm_v128_load(w3 + p)};
    for (int i = 0; i < n_rows; i++) {
      f32x4 xp = wasm_v128_load(x + i * x_row + p);
      for (int j = 0; j < 4; j++) s[i][j] = MULTIPLY_ADD(xp, wp[j], s[i][j]);
    }
  }
  for (int i = 0; i < n_rows; i++, x += x_row, y += y_row) {
    f32x4 sum = sums(s[i][0], s[i][1], s[i][2], s[i][3]);
    for (size q = p; q < k; q++)
      sum = MULTIPLY_ADD(wasm_f32x4_splat(x[q]), wasm_f32x4_make(w0[q], w1[q], w2[q], w3[q]), sum);
    if (bias) sum = wasm_f32x4_add(sum, wasm_f32x4_make(bias[0], bias[y_next], bias[2 * y_next], bias[3 * y_next]));
    y[0] = wasm_f32x4_extract_lane(sum, 0);
    y[y_next] = wasm_f32x4_extract_lane(sum, 1);
    y[2 * y_next] = wasm_f32x4_extract_lane(sum, 2);
    y[3 * y_next] = wasm_f32x4_extract_lane(sum, 3);
  }
}

/* Four columns of y, from top to bottom: these columns of w stay in the caches while all rows of x pass by. */
static void columns(size m, size k, const float *x, size x_row, const float *w, size w_next, const float *bias,
                    float *y, size y_next, size y_row) {
  for (; m >= 2; m -= 2, x += 2 * x_row, y += 2 * y_row)
    tile(2, k, x, x_row, w, w_next, bias, y, y_next, y_row);
  if (m) tile(1, k, x, x_row, w, w_next, bias, y, y_next, y_row);
}

/* w runs along p. With one row of x all depends on how fast w can be read: four columns that are a quarter of w
 * apart are four streams, each of which the machine fetches ahead; four neighbours are but one. */
static void by_columns(size m, size n, size k, const float *x, size x_row, const float *w, size w_j,
                       const float *bias, float *y) {
  size quarter = n / 4;
  for (size j = 0; j < quarter; j++)
    columns(m, k, x, x_row, w + j * w_j, quarter * w_j, from(bias, j), y + j, quarter, n);
  for (size j = 4 * quarter; j < n; j++) /* one column, four times over: at most three are left */
    columns(m, k, x, x_row, w + j * w_j, 0, from(bias, j), y + j, 0, n);
}

/* y += x[0] w[0] + … for 1 or 4 rows of w (a constant), x_next and w_next apart. */
INLINE void add_rows(const int n_rows, size n, const float *x, size x_next, const float *w, size w_next, float *y) {
  size j = 0;
  for (; j + LANES <= n; j += LANES) {
    f32x4 sum = wasm_v128_load(y + j);
    for (int p = 0; p < n_rows; p++)
      sum = MULTIPLY_ADD(wasm_f32x4_splat(x[p * x_next]), wasm_v128_load(w + p * w_next + j), sum);
    wasm_v128_store(y + j, sum);
  }
  for (; j < n; j++)
    for (int p = 0; p < n_rows; p++) y[j] += x[p * x_next] * w[p * w_next + j];
}

/* One row of x, and w runs along j: four streams again, this time of rows. */
static void by_rows(size n, size k, const float *x, const float *w, size w_p, const float *bias, float *y) {
  size quarter = k / 4;
  for (size j = 0; j < n; j++) y[j] = bias ? bias[j] : 0;
  for (size p = 0; p < quarter; p++) add_rows(4, n, x + p, quarter, w + p * w_p, quarter * w_p, y);
  for (size p = 4 * quarter; p < k; p++) add_rows(1, n, x + p, 0, w + p * w_p, 0, y);
}

/* w lies in any other way: four columns at a time are copied so that they run along memory. */
static void by_copied_columns(size m, size n, size k, const float *x, size x_row, const float *w, size w_p,
                              size w_j, const float *bias, float *y, float *copy) {
  for (size j = 0; j < n; j += 4) {
    size n_columns = n - j < 4 ? n - j : 4;
    for (size p = 0; p < k; p++)
      for (size c = 0; c < n_columns; c++) copy[c * k + p] = w[p * w_p + (j + c) * w_j];
    if (n_columns == 4) columns(m, k, x, x_row, copy, k, from(bias, j), y + j, 1, n);
    else
      for (size c = 0; c < n_columns; c++)
        columns(m, k, x, x_row, copy + c * k, 0, from(bias, j + c), y + j + c, 0, n);
  }
}

__attribute__((export_name("sgemm"))) void sgemm(size batch, size m, size n, size k, const float *x, size x_batch,
                                                 size x_row, const float *w, size w_batch, size w_p, size w_j,
                                                 const float *bias, float *y, float *scratch) {
  for (; batch; batch--, x += x_batch, w += w_batch, y += m * n) {
    if (w_p == 1) by_columns(m, n, k, x, x_row, w, w_j, bias, y);
    else if (w_j == 1 && m == 1) by_rows(n, k, x, w, w_p, bias, y);
    else by_copied_columns(m, n, k, x, x_row, w, w_p, w_j, bias, y, scratch);
  }
}
