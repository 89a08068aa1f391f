/**
 * Questions to the kernel's toolkit.
 *
 * The only Python this extension ever sends by itself is built here, from one fixed
 * template. Both arguments go in as string literals, and the request as JSON inside one:
 * a column may be called `"; import os #`, and it stays a name.
 *
 * A question is a silent user expression: it leaves no trace in history or outputs. While
 * the kernel computes it goes through a subshell, where the kernel has those.
 */
import type { Kernel, KernelMessage } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';

import { isRecord } from '../contract';
import type { ProbeAction } from '../contract.gen';
import { ProbeError } from '../tokens';

/** How a question is put. */
export interface IAskOptions {
  /** Go past a running cell, where the kernel can. */
  busy: boolean;

  /** How long to wait for the answer, ms. */
  patience: number;

  trans: TranslationBundle;
}

/**
 * The expression that asks the toolkit.
 *
 * @param what - Kind of question.
 * @param request - Its argument, JSON.
 */
export function probeExpression(
  what: ProbeAction['what'],
  request: Record<string, unknown>
): string {
  return (
    '__import__("oci_jupyter.toolkit.probe", fromlist=["ask"])' +
    `.ask(${pythonString(what)}, ${pythonString(JSON.stringify(request))})`
  );
}

/**
 * A string as a literal that Python and JSON read alike.
 *
 * Characters beyond ASCII are escaped by code point, because Python reads a JSON surrogate
 * pair as two characters, neither of which can be encoded.
 */
export function pythonString(text: string): string {
  let literal = '';
  for (const character of JSON.stringify(text)) {
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x7f) {
      literal += character;
    } else if (code <= 0xffff) {
      literal += `\\u${code.toString(16).padStart(4, '0')}`;
    } else {
      literal += `\\U${code.toString(16).padStart(8, '0')}`;
    }
  }
  return literal;
}

/**
 * Ask the toolkit.
 *
 * @throws ProbeError when there is no answer.
 */
export async function askKernel(
  kernel: Kernel.IKernelConnection,
  what: ProbeAction['what'],
  request: Record<string, unknown>,
  options: IAskOptions
): Promise<Record<string, unknown>> {
  const { trans } = options;
  const language = (await kernel.info).language_info.name;
  if (language !== 'python') {
    throw new ProbeError(
      'no_toolkit',
      trans.__(
        'This notebook’s kernel speaks %1; causal analysis needs a Python kernel.',
        language
      )
    );
  }
  const expression = probeExpression(what, request);
  const reply =
    options.busy && kernel.supportsSubshells
      ? await throughSubshell(kernel, expression, options)
      : await evaluate(kernel, expression, options);
  return readAnswer(reply, trans);
}

async function throughSubshell(
  kernel: Kernel.IKernelConnection,
  expression: string,
  options: IAskOptions
): Promise<KernelMessage.IExecuteReplyMsg> {
  const created = await kernel.requestCreateSubshell({}).done;
  const content = created.content as { subshell_id?: string };
  const id = content.subshell_id;
  if (!id) {
    return evaluate(kernel, expression, options);
  }
  const shell = kernel.clone({ handleComms: false });
  shell.subshellId = id;
  try {
    return await evaluate(shell, expression, options);
  } finally {
    shell.dispose();
    if (!kernel.isDisposed) {
      kernel.requestDeleteSubshell({ subshell_id: id }, true);
    }
  }
}

async function evaluate(
  kernel: Kernel.IKernelConnection,
  expression: string,
  options: IAskOptions
): Promise<KernelMessage.IExecuteReplyMsg> {
  const { trans } = options;
  const future = kernel.requestExecute({
    code: '',
    silent: true,
    store_history: false,
    allow_stdin: false,
    user_expressions: { v: expression }
  });
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(
        new ProbeError(
          'busy',
          trans.__('The kernel is busy and has not answered in time.')
        )
      );
    }, options.patience);
  });
  // `done` rejects by itself when the future is disposed of below; nobody listens then.
  future.done.catch(() => undefined);
  try {
    return await Promise.race([future.done, late]);
  } catch (error) {
    throw error instanceof ProbeError
      ? error
      : new ProbeError(
          'failed',
          trans.__('The kernel was restarted or went away before it answered.')
        );
  } finally {
    clearTimeout(timer);
    future.dispose();
  }
}

function readAnswer(
  reply: KernelMessage.IExecuteReplyMsg,
  trans: TranslationBundle
): Record<string, unknown> {
  const content = reply.content as unknown as Record<string, unknown>;
  const expressions = content.user_expressions;
  const value = isRecord(expressions) ? expressions.v : undefined;
  if (!isRecord(value)) {
    // The request stood in the queue behind a cell that failed.
    throw new ProbeError(
      'busy',
      trans.__(
        'The kernel dropped the question because a cell before it failed.'
      )
    );
  }
  if (value.status === 'ok') {
    const data = isRecord(value.data)
      ? value.data['application/json']
      : undefined;
    if (isRecord(data) && typeof data.error !== 'string') {
      return data;
    }
    throw new ProbeError(
      'failed',
      isRecord(data)
        ? String(data.error)
        : trans.__('The toolkit’s answer could not be read.')
    );
  }
  const ename = String(value.ename ?? 'Error');
  const evalue = String(value.evalue ?? '');
  if (isMissingToolkit(ename, evalue)) {
    throw new ProbeError(
      'no_toolkit',
      trans.__(
        'The toolkit is not installed in this notebook’s kernel: %1',
        evalue
      )
    );
  }
  throw new ProbeError('failed', evalue ? `${ename}: ${evalue}` : ename);
}

/** Whether an error says that our package, or one it stands on, is not there. */
function isMissingToolkit(ename: string, evalue: string): boolean {
  return (
    ename === 'ModuleNotFoundError' ||
    (ename === 'ImportError' && evalue.includes('oci_jupyter'))
  );
}
