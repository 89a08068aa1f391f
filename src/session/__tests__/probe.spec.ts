import type { Kernel } from '@jupyterlab/services';
import { nullTranslator } from '@jupyterlab/translation';
import { describeWithPython, runPython } from '../../__tests__/python';
import { ProbeError } from '../../tokens';
import { askKernel, probeExpression, pythonString } from '../probe';

const trans = nullTranslator.load('oci_jupyter');

const HOSTILE = [
  '"; import os #',
  "'''",
  '\\',
  '\\"',
  '\n\r\t\0\u007f',
  'naïve größe',
  '治疗',
  '😀 𝒳',
  '\u2028\u2029\ufeff',
  '{x}',
  '%s'
];

describe('pythonString', () => {
  it('is pure printable ASCII', () => {
    for (const text of HOSTILE) {
      expect(pythonString(text)).toMatch(/^"[\x20-\x7e]*"$/);
    }
  });
});

describeWithPython('in Python', () => {
  it('reads back every string, in the literal and in the JSON inside it', () => {
    const request = { source: HOSTILE.join(''), confounders: HOSTILE };
    const literals = HOSTILE.map(pythonString);
    const code = `
import ast, json, sys
given = json.load(sys.stdin)
call = ast.parse(given["expression"], mode="eval").body
print(json.dumps({
    "strings": [ast.literal_eval(s) for s in given["literals"]],
    "function": ast.dump(call.func),
    "what": ast.literal_eval(call.args[0]),
    "request": json.loads(ast.literal_eval(call.args[1])),
}))`;
    const answer = runPython(code, {
      literals,
      expression: probeExpression('data', request)
    }) as Record<string, unknown>;
    expect(answer.strings).toEqual(HOSTILE);
    expect(answer.what).toBe('data');
    expect(answer.request).toEqual(request);
    expect(answer.function).toContain(
      "Constant(value='oci_jupyter.toolkit.probe')"
    );
  });
});

/** A kernel that answers one user expression. */
function fakeKernel(
  value: unknown,
  extra: Record<string, unknown> = {}
): { kernel: Kernel.IKernelConnection; calls: string[] } {
  const calls: string[] = [];
  const kernel = {
    info: Promise.resolve({ language_info: { name: 'python' } }),
    supportsSubshells: false,
    isDisposed: false,
    requestExecute: (content: unknown) => {
      calls.push(`execute ${JSON.stringify(content)}`);
      return {
        done:
          value === undefined
            ? new Promise(() => undefined)
            : Promise.resolve({ content: { user_expressions: { v: value } } }),
        dispose: () => calls.push('dispose')
      };
    },
    ...extra
  };
  return { kernel: kernel as unknown as Kernel.IKernelConnection, calls };
}

const ask = (
  kernel: Kernel.IKernelConnection,
  busy = false,
  patience = 1000
): Promise<unknown> =>
  askKernel(kernel, 'kernel', {}, { busy, patience, trans });

describe('askKernel', () => {
  it('returns the JSON of the answer, silently asked for', async () => {
    const { kernel, calls } = fakeKernel({
      status: 'ok',
      data: { 'application/json': { session: 'a' } }
    });
    expect(await ask(kernel)).toEqual({ session: 'a' });
    expect(calls[0]).toContain('"silent":true');
    expect(calls[0]).toContain('"code":""');
  });

  it.each([
    [
      { status: 'error', ename: 'ModuleNotFoundError', evalue: 'x' },
      'no_toolkit'
    ],
    [
      { status: 'error', ename: 'ImportError', evalue: 'oci_jupyter' },
      'no_toolkit'
    ],
    [{ status: 'error', ename: 'ValueError', evalue: 'x' }, 'failed'],
    [{ status: 'ok', data: { 'application/json': { error: 'no' } } }, 'failed'],
    [{ status: 'ok', data: { 'text/plain': '1' } }, 'failed'],
    [null, 'busy']
  ])('tells %j as %s', async (value, code) => {
    const error = await ask(fakeKernel(value).kernel).catch(
      e => e as ProbeError
    );
    expect(error).toBeInstanceOf(ProbeError);
    expect((error as ProbeError).code).toBe(code);
  });

  it('gives up in time and withdraws the question', async () => {
    const { kernel, calls } = fakeKernel(undefined);
    await expect(ask(kernel, false, 10)).rejects.toMatchObject({
      code: 'busy'
    });
    expect(calls).toContain('dispose');
  });

  it('refuses kernels of other languages', async () => {
    const { kernel, calls } = fakeKernel(null, {
      info: Promise.resolve({ language_info: { name: 'R' } })
    });
    await expect(ask(kernel)).rejects.toMatchObject({ code: 'no_toolkit' });
    expect(calls).toEqual([]);
  });

  it('goes past a running cell through a subshell, and cleans up', async () => {
    const answer = { status: 'ok', data: { 'application/json': { a: 1 } } };
    const shell = fakeKernel(answer);
    const done: string[] = [];
    const clone = Object.assign(shell.kernel, {
      subshellId: null,
      dispose: () => done.push('disposed')
    });
    const { kernel, calls } = fakeKernel(undefined, {
      supportsSubshells: true,
      requestCreateSubshell: () => ({
        done: Promise.resolve({ content: { status: 'ok', subshell_id: 's1' } })
      }),
      requestDeleteSubshell: (content: { subshell_id: string }) =>
        done.push(`deleted ${content.subshell_id}`),
      clone: () => clone
    });
    expect(await ask(kernel, true)).toEqual({ a: 1 });
    expect(clone.subshellId).toBe('s1');
    expect(done).toEqual(['disposed', 'deleted s1']);
    expect(calls).toEqual([]);
  });
});
