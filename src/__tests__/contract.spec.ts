/// <reference types="node" />

/**
 * The generated types and the written-out constants agree with their sources.
 */
import { execFileSync } from 'child_process';
import * as fs from 'fs';
import * as path from 'path';

import {
  cellMetadata,
  METADATA_KEY,
  parseCellMetadata,
  RESULT_MIME
} from '../contract';
import { VERSION } from '../version';

const ROOT = path.resolve(__dirname, '..', '..');
const read = (file: string): string =>
  fs.readFileSync(path.join(ROOT, file), 'utf-8');

/** What the `contract` script of package.json writes, to stdout instead. */
function generate(): string {
  const { scripts } = JSON.parse(read('package.json')) as {
    scripts: { contract: string };
  };
  const words = scripts.contract.match(/"[^"]*"|\S+/g) ?? [];
  const args = words.slice(1).map(word => word.replace(/^"|"$/g, ''));
  const output = args.indexOf('--output');
  args.splice(output, 2);
  const cli = require.resolve('json-schema-to-typescript/dist/src/cli.js');
  // A process of its own: the generator imports prettier in a way jest cannot.
  return execFileSync(process.execPath, [cli, ...args], {
    cwd: ROOT,
    encoding: 'utf-8'
  });
}

describe('contract.gen.ts', () => {
  it('is what the schema generates today', () => {
    expect(read('src/contract.gen.ts')).toBe(generate());
  });
});

describe('written-out constants', () => {
  it('have the package’s version', () => {
    const manifest = JSON.parse(read('package.json')) as { version: string };
    expect(VERSION).toBe(manifest.version);
  });

  it('have the names of the Python contract', () => {
    const base = read('oci_jupyter/contract/base.py');
    expect(base).toContain(`RESULT_MIME = "${RESULT_MIME}"`);
    expect(base).toContain(`METADATA_KEY = "${METADATA_KEY}"`);
  });
});

describe('parseCellMetadata', () => {
  it('reads what cellMetadata composes', () => {
    const metadata = cellMetadata({
      role: 'step',
      step_id: 'overlap',
      iteration: 2
    });
    expect(parseCellMetadata(JSON.parse(JSON.stringify(metadata)))).toEqual(
      metadata
    );
  });

  it.each([null, 1, 'step', [], {}, { role: 'owner' }])('refuses %j', value => {
    expect(parseCellMetadata(value)).toBeNull();
  });

  it('mends what another version wrote', () => {
    const read = parseCellMetadata({
      role: 'step',
      state: 'levitating',
      iteration: 'x',
      title: 5
    });
    expect(read).toMatchObject({ state: 'proposed', iteration: 1, title: '' });
  });
});
