/**
 * The extension's icon: a scale, two arms to be balanced.
 */
import { LabIcon } from '@jupyterlab/ui-components';

import ociSvg from '../style/icons/oci.svg';

/** The mark of oci-jupyter. */
export const ociIcon = new LabIcon({ name: 'oci-jupyter:oci', svgstr: ociSvg });
