/**
 * The profile of the plan's data, and what the toolkit says of the roles: asked of the
 * kernel when data, roles or kernel change.
 *
 * A change of roles waits for a pause, since roles are given one after another. Where one
 * answer takes long (a large file), roles are left to "Check plan".
 */
import * as React from 'react';

import type { DataProfile } from '../contract.gen';
import type { IDataRequest, IOciSession } from '../tokens';
import { isWorking } from './phases';

/** A profile, or why there is none. */
export interface IProfileState {
  profile: DataProfile | null;
  loading: boolean;
  error: string;
}

const NOTHING: IProfileState = { profile: null, loading: false, error: '' };

/** Pause after a change of roles, ms. */
const PAUSE = 500;

/** An answer that took longer than this, ms, is not asked for at each change. */
const SLOW = 1500;

/** See the module. */
export function useProfile(session: IOciSession): IProfileState {
  const [state, setState] = React.useState<IProfileState>(NOTHING);
  const took = React.useRef(0);
  const { data = '', ...plan } = session.plan.fields;
  const info = session.kernelInfo;
  const frame = info?.frames.find(f => f.name === data);
  // The data are looked at anew when the frame's shape or the kernel process changes.
  const version = JSON.stringify([data, info?.session, frame]);
  const isName = /^[A-Za-z_]\w*$/.test(data);
  const askable =
    data !== '' && info !== null && (frame !== undefined || !isName);
  const request: IDataRequest = { source: data };
  if (plan.treatment || plan.outcome || plan.confounders?.length) {
    request.treatment = plan.treatment;
    request.treated = plan.treated;
    request.outcome = plan.outcome;
    request.confounders = plan.confounders;
    request.placebo_outcomes = plan.placebo_outcomes;
    request.cluster = plan.cluster;
    request.weights = plan.weights;
    request.keep = plan.keep;
  }
  const roles = JSON.stringify(request);
  const asked = React.useRef({ version: '', roles: '' });
  const working = isWorking(session);

  React.useEffect(() => {
    if (!askable) {
      asked.current = { version: '', roles: '' };
      setState(NOTHING);
      return;
    }
    const sameData = asked.current.version === version;
    if (sameData && (working || took.current > SLOW)) {
      return;
    }
    if (sameData && asked.current.roles === roles) {
      return;
    }
    const ask = (): void => {
      const mine = { version, roles };
      asked.current = mine;
      const start = Date.now();
      setState(before => ({
        profile: sameData ? before.profile : null,
        loading: true,
        error: ''
      }));
      session
        .probeData(JSON.parse(roles) as IDataRequest)
        .then(answer => {
          took.current = Date.now() - start;
          // While the plan is incomplete, the form itself says what is missing.
          const problems = answer.problems.filter(
            p => p.code !== 'confounders_empty'
          );
          if (asked.current === mine) {
            setState({
              profile: { ...answer, problems },
              loading: false,
              error: ''
            });
          }
        })
        .catch((reason: Error) => {
          if (asked.current === mine) {
            asked.current = { version: '', roles: '' };
            setState({ ...NOTHING, error: reason.message });
          }
        });
    };
    if (!sameData) {
      ask();
      return;
    }
    const timer = window.setTimeout(ask, PAUSE);
    return () => window.clearTimeout(timer);
    // `info` is new whenever the kernel was asked again: then an error is tried again too.
  }, [session, info, askable, version, roles, working]);
  return state;
}
