/**
 * The MIME extension: shows a result wherever JupyterLab shows outputs.
 *
 * It needs neither our server nor our other plugins, so results can be read in published
 * notebooks and in JupyterLite. Its rank is below those of html and png, which travel in
 * the same bundle for GitHub and nbconvert; plots come in an output of their own.
 */
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { nullTranslator } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';

import { RESULT_MIME } from '../contract';
import { resultView } from './resultView';

/** Shows one result. */
export class ResultWidget extends Widget implements IRenderMime.IRenderer {
  constructor(
    options: Pick<IRenderMime.IRendererOptions, 'mimeType' | 'translator'>
  ) {
    super();
    this.addClass('jp-oci-RenderedResult');
    this._mimeType = options.mimeType;
    this._translator = options.translator;
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const trans = (this._translator ?? nullTranslator).load('oci_jupyter');
    this.node.replaceChildren(resultView(model.data[this._mimeType], trans));
  }

  private readonly _mimeType: string;
  private readonly _translator: IRenderMime.IRendererOptions['translator'];
}

const extension: IRenderMime.IExtension = {
  id: 'oci-jupyter:result',
  description: 'Shows the results of causal analyses.',
  rendererFactory: {
    safe: true,
    mimeTypes: [RESULT_MIME],
    createRenderer: options => new ResultWidget(options)
  },
  rank: 40,
  dataType: 'json'
};

export default extension;
