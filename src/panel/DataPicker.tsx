/**
 * Which data: a DataFrame of the live kernel, with its shape, or a file.
 */
import { Button, refreshIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { formatCount } from '../renderer/numbers';
import type { IOciSession } from '../tokens';
import { usePanel } from './context';
import { TextField } from './TextField';

/** Properties of the picker. */
export interface IDataPickerProps {
  session: IOciSession;
  value: string;
  disabled: boolean;
  onChange: (data: string) => void;
}

const FILE = '\u0000file';

/** See the module. */
export function DataPicker(props: IDataPickerProps): React.ReactElement {
  const { session, value, disabled, onChange } = props;
  const { trans } = usePanel();
  const frames = session.kernelInfo?.frames ?? [];
  const known = frames.some(f => f.name === value);
  const isName = /^[A-Za-z_]\w*$/.test(value);
  const [wantsFile, setWantsFile] = React.useState(false);
  const file = wantsFile || (value !== '' && !isName);
  const hasKernel = session.kernel !== 'none' && session.kernel !== 'dead';
  const asking =
    session.kernelInfo === null && hasKernel && session.toolkit === 'unknown';
  return (
    <div className="jp-oci-Data">
      <div className="jp-oci-Data-line">
        <label className="jp-oci-Field">
          <span className="jp-oci-Field-label">{trans.__('Data')}</span>
          <select
            value={file ? FILE : value}
            disabled={disabled}
            title={value}
            onChange={event => {
              const wanted = event.target.value;
              setWantsFile(wanted === FILE);
              if (wanted !== FILE) {
                onChange(wanted);
              }
            }}
          >
            <option value="">{trans.__('Choose…')}</option>
            {value && isName && !known && (
              <option value={value}>
                {session.kernelInfo
                  ? trans.__('%1 (not in the kernel)', value)
                  : value}
              </option>
            )}
            {frames.map(f => (
              <option key={f.name} value={f.name}>
                {trans.__(
                  '%1: %2 rows × %3 columns',
                  f.name,
                  formatCount(f.rows),
                  formatCount(f.columns)
                )}
              </option>
            ))}
            <option value={FILE}>{trans.__('A file or URL…')}</option>
          </select>
        </label>
        <Button
          small
          minimal
          title={trans.__('Look for DataFrames again')}
          aria-label={trans.__('Look for DataFrames again')}
          disabled={!hasKernel}
          onClick={() => void session.probeKernel().catch(() => undefined)}
        >
          <refreshIcon.react tag="span" />
        </Button>
      </div>
      {file && (
        <TextField
          label={trans.__('csv or parquet file, or URL')}
          value={isName ? '' : value}
          placeholder={trans.__('data/file.csv')}
          disabled={disabled}
          onCommit={data => {
            setWantsFile(false);
            onChange(data);
          }}
        />
      )}
      {!file && frames.length === 0 && session.toolkit !== 'missing' && (
        <p className="jp-oci-Hint">
          {!hasKernel
            ? trans.__('DataFrames show here once there is a kernel.')
            : asking
              ? trans.__('Looking for DataFrames…')
              : trans.__(
                  'There is no DataFrame in the kernel yet. Run the cell that loads your data.'
                )}
        </p>
      )}
    </div>
  );
}
