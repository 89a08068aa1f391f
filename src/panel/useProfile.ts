/**
 * The profile of the plan's data, asked of the kernel when data or kernel change.
 */
import * as React from 'react';

import type { DataProfile } from '../contract.gen';
import type { IOciSession } from '../tokens';

/** A profile, or why there is none. */
export interface IProfileState {
  profile: DataProfile | null;
  loading: boolean;
  error: string;
}

/** See the module. */
export function useProfile(
  session: IOciSession,
  source: string
): IProfileState {
  const [state, setState] = React.useState<IProfileState>({
    profile: null,
    loading: false,
    error: ''
  });
  const info = session.kernelInfo;
  const frame = info?.frames.find(f => f.name === source);
  // The profile is asked for anew when the frame's shape or the kernel process changes.
  const version = `${info?.session ?? ''} ${frame?.rows ?? ''} ${frame?.columns ?? ''}`;
  const isName = /^[A-Za-z_]\w*$/.test(source);
  const askable =
    source !== '' && info !== null && (frame !== undefined || !isName);
  React.useEffect(() => {
    if (!askable) {
      setState({ profile: null, loading: false, error: '' });
      return;
    }
    let current = true;
    setState(before => ({ ...before, loading: true, error: '' }));
    session
      .probeData({ source })
      .then(profile => {
        if (current) {
          const error = profile.problems.find(p => p.severity === 'error');
          setState({
            profile,
            loading: false,
            error: error ? `${error.message} ${error.fix}` : ''
          });
        }
      })
      .catch((reason: Error) => {
        if (current) {
          setState({ profile: null, loading: false, error: reason.message });
        }
      });
    return () => {
      current = false;
    };
  }, [session, source, version, askable]);
  return state;
}
