/// <reference types="node" />

/**
 * A Python for tests that hold both languages to the same reading; null where none has
 * our package.
 */
import { execFileSync } from 'child_process';
import * as path from 'path';

const ROOT = path.resolve(__dirname, '..', '..');

/** Run code in a Python that can import our contract; its stdout is JSON. */
export function runPython(code: string, input: unknown): unknown {
  if (!PYTHON) {
    throw new Error('There is no Python to test with.');
  }
  const output = execFileSync(PYTHON, ['-c', code], {
    cwd: ROOT,
    input: JSON.stringify(input),
    encoding: 'utf-8'
  });
  return JSON.parse(output);
}

/** Like `describe`, where there is such a Python; else skipped. */
export function describeWithPython(name: string, tests: () => void): void {
  (PYTHON ? describe : describe.skip)(name, tests);
}

const PYTHON = [path.join(ROOT, '.venv/bin/python'), 'python', 'python3'].find(
  command => {
    try {
      execFileSync(command, ['-c', 'import oci_jupyter.contract'], {
        cwd: ROOT,
        stdio: 'ignore'
      });
      return true;
    } catch {
      return false;
    }
  }
);
