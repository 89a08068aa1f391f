/**
 * The hash by which browser and server agree on a cell's source.
 *
 * `crypto.subtle` is missing on plain-http servers other than localhost, which is how many
 * institutions serve JupyterLab; hence a library.
 */
import { sha256 } from '@noble/hashes/sha2';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils';

/** SHA-256 of a source, hexadecimal; the same as the contract's `source_hash`. */
export function sourceHash(source: string): string {
  return bytesToHex(sha256(utf8ToBytes(source)));
}
