"""The layout of a network whose runs train one after another at every size."""

from __future__ import annotations

from collections.abc import Sequence

from replicas.parameters import Layout, Parameter


class SingleLayout(Layout):
    """A layout that is never grouped, for methods whose steps are large.

    A group is filled up to eight, and only what a step costs beside its arithmetic is saved by it: where that is
    little, a run alone would cost as much as eight. The method's card says so by ``max_group = 1``.

    Parameters
    ----------
    parameters : sequence of Parameter
        As for ``Layout``.

    Examples
    --------
    >>> from replicas.parameters import Parameter, zeros
    >>> SingleLayout([Parameter("weight", (4, 1), zeros)]).grouped
    False
    """

    def __init__(self, parameters: Sequence[Parameter]) -> None:
        super().__init__(parameters)
        self.grouped = False
