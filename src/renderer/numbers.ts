/**
 * Numbers as a person reads them: thousands apart, and no digit that means nothing.
 */

/** A figure with three or four significant digits, whole from a thousand on. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) {
    return '–';
  }
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e15)) {
    return minus(value.toExponential(2));
  }
  let digits: number;
  if (Number.isInteger(value) || size >= 1000) {
    digits = 0;
  } else if (size >= 100) {
    digits = 1;
  } else if (size >= 10) {
    digits = 2;
  } else if (size >= 1) {
    digits = 3;
  } else {
    digits = Math.min(6, 2 - Math.floor(Math.log10(size)));
  }
  return minus(
    value.toLocaleString('en-US', {
      minimumFractionDigits: 0,
      maximumFractionDigits: digits
    })
  );
}

/**
 * A figure to the precision of its standard error: more digits would be noise.
 *
 * @param value - Estimate, bound or the error itself.
 * @param stderr - Standard error; two of its digits are shown.
 */
export function formatEstimate(value: number, stderr: number): string {
  if (!Number.isFinite(value) || !Number.isFinite(stderr) || stderr <= 0) {
    return formatNumber(value);
  }
  const digits = 1 - Math.floor(Math.log10(stderr));
  if (digits > 8) {
    return formatNumber(value);
  }
  const decimals = Math.max(0, digits);
  return minus(
    value.toLocaleString('en-US', {
      minimumFractionDigits: decimals,
      maximumFractionDigits: decimals
    })
  );
}

/** A count. */
export function formatCount(value: number): string {
  return Number.isFinite(value) ? minus(value.toLocaleString('en-US')) : '–';
}

/** A table's cell, of whatever type. */
export function formatScalar(value: unknown): string {
  if (value === null || value === undefined) {
    return '–';
  }
  if (typeof value === 'number') {
    return formatNumber(value);
  }
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** A true minus is as wide as a plus, and is not broken at the end of a line. */
function minus(text: string): string {
  return text.replace(/-/g, '−');
}
