"""Bars of the chosen items."""


def draw(instance, solution, axes=None):
    from matplotlib.figure import Figure

    figure = Figure()
    figure.subplots().bar(range(len(solution.items)), instance.value[list(solution.items)])
    return figure
