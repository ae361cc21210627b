"""Sampled state as an xarray dataset."""

from typing import TYPE_CHECKING, Any

from eventsim.export.needs import needed

if TYPE_CHECKING:
    from eventsim.recording import Recording


def states(recording: "Recording", population: str) -> Any:
    """Return a dataset with an array (time, neuron) per variable; see `Recording.to_xarray`."""
    xarray = needed("xarray", "xarray", "xarray datasets")
    variables = {}
    for name in recording.sampled_variables(population):
        samples = recording.states(population, name)
        variables[name] = xarray.DataArray(
            samples.values,
            dims=("time", "neuron"),
            coords={"time": samples.times, "neuron": samples.neurons},
            attrs={"units": samples.units},
        )
    dataset = xarray.Dataset(variables, attrs={"population": population})
    dataset["time"].attrs["units"] = "ms"
    return dataset
