/**
 * All requests to our server extension.
 *
 * Every URL is built here and nowhere else, so that "which routes does the front end
 * need?" has a short answer: a status, the notebook templates and the socket.
 */
import { URLExt } from '@jupyterlab/coreutils';
import type { INotebookContent } from '@jupyterlab/nbformat';
import { ServerConnection } from '@jupyterlab/services';

const NAMESPACE = 'oci-jupyter/api';

/** Notebook templates the server knows. */
export type TemplateName = 'demo' | 'blank';

/** A request that the server answered with an error. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string
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
  const url = URLExt.join(settings.baseUrl, NAMESPACE, path);
  const response = await ServerConnection.makeRequest(url, {}, settings);
  if (!response.ok) {
    let message = response.statusText;
    try {
      const body = (await response.json()) as { message?: unknown };
      message = typeof body.message === 'string' ? body.message : message;
    } catch {
      // An error page that is not JSON says no more than its status.
    }
    throw new ApiError(response.status, message);
  }
  return response.json();
}
