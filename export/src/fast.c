
#include <stdint.h>
#include <string.h>

/* e^x within 2 units in the last place for x <= 709: x = k log(2) / 64 + r with |r| <= log(2) / 128, 2^(k / 64) from a table and a power of two,
 * and the Taylor polynomial of degree 5 for e^r. Below -708, where the result would be subnormal, it is that at -708; it is NaN where x is. */
static double fast_exp(double x) {
    double y = x < -708.0 ? -708.0 : x;
    double shifted = y * 92.33248261689366 + 6755399441055744.0;
    double k = shifted - 6755399441055744.0;
    double r = (y - k * 0.010830424695086549) - k * 1.162596423439437e-12;
    double r2 = r * r;
    double p = r + r2 * ((0.5 + r * (1.0 / 6.0)) + r2 * (1.0 / 24.0 + r * (1.0 / 120.0)));
    uint64_t bits, power;
    double scale;
    memcpy(&bits, &shifted, sizeof bits);
    memcpy(&power, &POWER[bits & 63], sizeof power);
    power += (bits >> 6) << 52;
    memcpy(&scale, &power, sizeof scale);
    return scale + scale * p;
}

/* log(1 + x) for 0 <= x <= 1 within 2 units in the last place: 1 + x = (1 + k / 64) (1 + r) with |r| <= 1 / 128, and the Taylor polynomial of
 * degree 7 for log(1 + r); it is NaN where x is. The table has 1 / (1 + k / 64) and log(1 + k / 64). */
static double fast_log1p(double x) {
    double shifted = x * 64.0 + 6755399441055744.0;
    double k = shifted - 6755399441055744.0;
    uint64_t bits, row;
    memcpy(&bits, &shifted, sizeof bits);
    row = bits & 127;
    /* NaN may have any bits. */
    const double *entry = &LOGARITHM[2 * (row <= 64 ? row : 0)];
    double r = (x - k * 0.015625) * entry[0];
    double r2 = r * r;
    double p = (-0.5 + r * (1.0 / 3.0)) + r2 * ((-0.25 + r * 0.2) + r2 * (-1.0 / 6.0 + r * (1.0 / 7.0)));
    return entry[1] + (r + r2 * p);
}
