/**
 * Ids of all commands, for menus, scripts and the panel.
 */
export namespace CommandIDs {
  export const openPanel = 'oci-jupyter:open-panel';
  export const draftSpec = 'oci-jupyter:draft-spec';
  export const run = 'oci-jupyter:run';
  export const stop = 'oci-jupyter:stop';
  export const acceptStep = 'oci-jupyter:accept-step';
  export const editStep = 'oci-jupyter:edit-step';
  export const rerunStep = 'oci-jupyter:rerun-step';
  export const rejectStep = 'oci-jupyter:reject-step';
  export const applyRemedy = 'oci-jupyter:apply-remedy';
  export const critiqueCell = 'oci-jupyter:critique-cell';
  export const openDemo = 'oci-jupyter:open-demo';
  export const newAnalysis = 'oci-jupyter:new-analysis';
}
