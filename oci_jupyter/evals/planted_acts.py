"""What a principal does to a notebook by hand: edits, runs, deletes, rejects.

The loop hears of each act as it would from an open notebook.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from ..agents.loop import Loop
from ..contract import Spec
from ..contract.messages import CellEvent
from .in_process import InProcessHost
from .planted_data import CONFOUNDERS, OUTCOME, PLACEBO, TREATMENT

#: What happens after the run, by the principal's hand.
Acts = Callable[["Principal"], Awaitable[None]]
#: What happens to a spec between draft and run.
Hook = Callable[[Spec], Spec]


class Principal:
    """The human at the notebook.

    Args:
        host: The notebook.
        loop: The run in it, with an iteration that is complete.
    """

    def __init__(self, host: InProcessHost, loop: Loop) -> None:
        self.host = host
        self.loop = loop

    async def edit(self, step_id: str, old: str, new: str) -> None:
        """Change a piece of a step's cell, without running it."""
        cell = self.host.edit(self._cell_id(step_id), old, new)
        await self._tell("edited", cell.cell_id)

    async def run(self, step_id: str) -> None:
        """Run a step's cell with Shift+Enter."""
        cell_id = self._cell_id(step_id)
        self.host.run_by_hand(cell_id)
        await self._tell("executed", cell_id)

    async def run_all(self) -> None:
        """Run all cells of the present iteration, top to bottom."""
        for step_id in self._steps():
            await self.run(step_id)

    async def delete(self, step_id: str) -> None:
        """Delete a step's cell."""
        cell_id = self._cell_id(step_id)
        self.host.delete(cell_id)
        await self.loop.cell_event(CellEvent(event="deleted", cell_id=cell_id))

    async def reject(self, step_id: str) -> None:
        """Reject a step in the panel."""
        await self.loop.decide(step_id, self._iteration, "reject", "Not relevant here.")

    async def remedy(self, remedy_id: str) -> None:
        """Agree to a remedy; the next iteration runs."""
        await self.loop.apply_remedy(remedy_id)

    async def _tell(self, event: str, cell_id: str) -> None:
        await self.loop.cell_event(
            CellEvent.model_validate(
                {
                    "event": event,
                    "cell_id": cell_id,
                    "cell": self.host.cell(cell_id).model_copy(deep=True),
                    "kernel_epoch": self.host.kernel_epoch,
                }
            )
        )

    @property
    def _iteration(self) -> int:
        assert self.loop.record.current is not None
        return self.loop.record.current.number

    def _steps(self) -> list[str]:
        assert self.loop.record.current is not None
        return [step.draft.step_id for step in self.loop.record.current.steps]

    def _cell_id(self, step_id: str) -> str:
        assert self.loop.record.current is not None
        steps = self.loop.record.current.steps
        return next(step.cell_id for step in steps if step.draft.step_id == step_id)


# --- acts -----------------------------------------------------------------------------


async def edit_bounds(principal: Principal) -> None:
    """Widen the trimming range that was agreed to, and run everything again."""
    await trim(principal)
    await principal.edit("trim", "trim(0.1, 0.9", "trim(0.02, 0.98")
    await principal.run_all()


async def trim(principal: Principal) -> None:
    """Agree to trimming."""
    await principal.remedy("trim:fixed")


async def edit_seed(principal: Principal) -> None:
    """Draw other folds, and run everything again."""
    await principal.edit("data-and-roles", "seed=7", "seed=1234")
    await principal.run_all()


async def edit_filter(principal: Principal) -> None:
    """Leave out the young, by hand, and run everything again."""
    await principal.edit("data-and-roles", "oci.Study(df,", 'oci.Study(df[df["age"] >= 45],')
    await principal.run_all()


async def edit_without_run(principal: Principal) -> None:
    """Change the estimate's cell and leave its output as it was."""
    await principal.edit("estimate", '"ATE", ', "")


async def rerun_study_only(principal: Principal) -> None:
    """Correct the data and declare the study anew; the diagnostics stay as they were."""
    principal.host.execute('df = df[df["age"] >= 30].copy()')
    await principal.run("data-and-roles")


async def reject_placebo(principal: Principal) -> None:
    """Reject the placebo test."""
    await principal.reject("placebo-1")


async def delete_sensitivity(principal: Principal) -> None:
    """Delete the sensitivity analysis."""
    await principal.delete("sensitivity")


async def try_ten(principal: Principal) -> None:
    """Try ten other sets of confounders and seeds, then run the planned cells again."""
    for left_out in (*CONFOUNDERS, "", "age"):
        kept = [c for c in CONFOUNDERS if c != left_out]
        principal.host.execute(
            "from oci_jupyter import toolkit as oci\n"
            f"oci.Study(df, treatment={TREATMENT!r}, outcome={OUTCOME!r}, confounders={kept!r},\n"
            f"    placebo_outcomes=[{PLACEBO!r}], estimands=['ATO'], learner='lean',\n"
            f"    seed={11 if left_out else 12}).estimate(second_opinion=False)"
        )
    await principal.run_all()


def drop_confounder(spec: Spec) -> Spec:
    """Lose the strongest planned confounder on the way from plan to spec."""
    kept = [c for c in spec.confounders if c != "severity"]
    return spec.model_copy(update={"confounders": kept})
