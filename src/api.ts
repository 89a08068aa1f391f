/**
 * All requests to our server extension.
 *
 * Every URL is built here and nowhere else, so that "which routes does the front end
 * need?" has a short answer: a status, the notebook templates, the language model's settings
 * and the socket.
 */
import { URLExt } from '@jupyterlab/coreutils';
import type { INotebookContent } from '@jupyterlab/nbformat';
import { ServerConnection } from '@jupyterlab/services';

import { isRecord } from './contract';
import type { Problem } from './contract.gen';

const NAMESPACE = 'oci-jupyter/api';

/** Notebook templates the server knows. */
export type TemplateName = 'demo' | 'blank';

/** A request that the server answered with an error. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,

    /** What is wrong with the fields that were sent, where the server says so. */
    readonly problems: ReadonlyArray<Problem> = []
  ) {
    super(message);
    this.name = 'ApiError';
  }
}

/**
 * Ask whether the server extension is there.
 *
 * @throws ApiError when the server says no; the network's error when it says nothing.
 */
export async function getStatus(
  settings: ServerConnection.ISettings
): Promise<unknown> {
  return get('status', settings);
}

/** Fetch the content of a new notebook. */
export async function getTemplate(
  name: TemplateName,
  settings: ServerConnection.ISettings
): Promise<INotebookContent> {
  return (await get(`templates/${name}`, settings)) as INotebookContent;
}

/** How the server is joined to a language model; the key itself never comes back. */
export interface IModelSettings {
  /** Switched on. */
  enabled: boolean;

  /** Switched on, allowed and complete: it will be used. */
  ready: boolean;
  base_url: string;
  model: string;
  has_key: boolean;
  key_source: 'panel' | 'environment' | 'none';

  /** An administrator has switched language models off. */
  forbidden: boolean;

  /** Why it is not ready, with the fix. */
  why: string;

  /** Servers that an administrator allows; none means any. */
  allowed_base_urls: ReadonlyArray<string>;
  token_limit: number | null;

  /** Prices of a million tokens. */
  input_price: number | null;
  output_price: number | null;
}

/** What may be changed; `api_key` goes one way. */
export type ModelChange = Partial<
  Pick<
    IModelSettings,
    | 'enabled'
    | 'base_url'
    | 'model'
    | 'token_limit'
    | 'input_price'
    | 'output_price'
  >
> & { api_key?: string };

/** The language model's settings on the server. */
export interface IModelServer {
  load(): Promise<IModelSettings>;
  save(change: ModelChange): Promise<IModelSettings>;

  /** Remove the key that is stored. */
  forgetKey(): Promise<IModelSettings>;

  /** Ask the model something small; the answer in words. */
  test(): Promise<{ ok: boolean; message: string }>;
}

/** The language model's settings, over HTTP. */
export function modelServer(
  settings: ServerConnection.ISettings
): IModelServer {
  const ask = async (init: RequestInit): Promise<IModelSettings> =>
    (await request('model', settings, init)) as IModelSettings;
  return {
    load: async () => ask({}),
    save: async change => ask({ method: 'PUT', body: JSON.stringify(change) }),
    forgetKey: async () => ask({ method: 'DELETE' }),
    test: async () => {
      const answer = await request('model/test', settings, {
        method: 'POST',
        body: '{}'
      });
      const { ok, message }: Record<string, unknown> = isRecord(answer)
        ? answer
        : {};
      return {
        ok: ok !== false,
        message: typeof message === 'string' ? message : ''
      };
    }
  };
}

/** Open the socket of one notebook. */
export function openRunSocket(settings: ServerConnection.ISettings): WebSocket {
  let url = URLExt.join(settings.wsUrl, NAMESPACE, 'run');
  if (settings.appendToken && settings.token !== '') {
    url += `?token=${encodeURIComponent(settings.token)}`;
  }
  return new settings.WebSocket(url);
}

async function get(
  path: string,
  settings: ServerConnection.ISettings
): Promise<unknown> {
  return request(path, settings, {});
}

async function request(
  path: string,
  settings: ServerConnection.ISettings,
  init: RequestInit
): Promise<unknown> {
  const url = URLExt.join(settings.baseUrl, NAMESPACE, path);
  const response = await ServerConnection.makeRequest(url, init, settings);
  if (response.ok) {
    return response.status === 204 ? null : response.json();
  }
  let message = response.statusText;
  let problems: Problem[] = [];
  try {
    const body = (await response.json()) as Record<string, unknown>;
    message = typeof body.message === 'string' ? body.message : message;
    problems = Array.isArray(body.problems) ? (body.problems as Problem[]) : [];
  } catch {
    // An error page that is not JSON says no more than its status.
  }
  throw new ApiError(response.status, message, problems);
}
