"""Li and Rinzel's calcium oscillator driven by IP3: an astrocyte, or its share of one synapse.

    between events   dca/dt = (v_c x^3 h^3 + v_l) (c_0 - (1 + c_1) ca) - v_er ca^2 / (k_er^2 + ca^2)
                     x = ip3 / (ip3 + d_1)  ca / (ca + d_5)
                     dh/dt = a_2 (d_2 (ip3 + d_1) / (ip3 + d_3) (1 - h) - ca h)
                     dip3/dt = (ip3_rest - ip3) / tau_ip3 + production
    spike            ip3 <- ip3 + w                      (w in uM; never below zero)
    drive            production <- production + w        (w in uM/s)
    fires            when ca rises through ca_release: glutamate is released; nothing is reset

Parameter   Unit     Default  Meaning                                       Constraint
v_c         1/s          6.0  largest calcium flow through IP3 receptors    >= 0
v_l         1/s         0.11  calcium leak from the store                   >= 0
v_er        uM/s         0.9  largest uptake into the store                 >= 0
k_er        uM           0.1  calcium at half uptake                        > 0
c_0         uM           2.0  free calcium, as if all were in the cytosol   > 0
c_1         1          0.185  volume of the store per cytosol               > 0
d_1         uM          0.13  dissociation of IP3                           > 0
d_2         uM         1.049  dissociation of calcium, inactivating         > 0
d_3         uM        0.9434  dissociation of IP3, inactivating             > 0
d_5         uM       0.08234  dissociation of calcium, activating           > 0
a_2         1/uM/s       0.2  rate of inactivation                          > 0
ip3_rest    uM          0.16  level of IP3 without input                    >= 0
tau_ip3     ms        7142.9  decay of IP3                                  > 0
ca_release  uM           0.2  calcium at which glutamate is released        > 0

What a release does is the business of its projections: a slow inward current on a neuron's current
port, or a change of release probability.

Source: Li & Rinzel (1994), J. Theor. Biol. 166:461-473, doi:10.1006/jtbi.1994.1041; as an
astrocyte: Nadkarni & Jung (2003), Phys. Rev. Lett. 91:268101, doi:10.1103/PhysRevLett.91.268101.
Verified against: scipy's DOP853 at rtol 1e-12, spike by spike; the range of IP3 that oscillates,
from the eigenvalues of the Jacobian; the period of the limit cycle, by DOP853.
"""

from typing import NamedTuple

from eventsim.kernel import kernel
from eventsim.ode import integrated

PER_MS = 1e-3  # the constants are per second, as published


class Params(NamedTuple):
    v_c: float = 6.0
    v_l: float = 0.11
    v_er: float = 0.9
    k_er: float = 0.1
    c_0: float = 2.0
    c_1: float = 0.185
    d_1: float = 0.13
    d_2: float = 1.049
    d_3: float = 0.9434
    d_5: float = 0.08234
    a_2: float = 0.2
    ip3_rest: float = 0.16
    tau_ip3: float = 7142.9
    ca_release: float = 0.2


class State(NamedTuple):
    ca: float  # uM, free calcium of the cytosol
    h: float  # share of receptors that are not inactivated
    ip3: float  # uM
    production: float  # uM/s, from outside


@kernel
def initial(p: Params, key: float) -> State:
    """Start near rest."""
    return State(0.07, 0.8, p.ip3_rest, 0.0)


@kernel
def derivative(s: State, t: float, p: Params) -> State:
    """Return the change per ms."""
    ca, ip3 = max(s.ca, 0.0), max(s.ip3, 0.0)
    opened = ip3 / (ip3 + p.d_1) * ca / (ca + p.d_5) * s.h
    release = (p.v_c * opened * opened * opened + p.v_l) * (p.c_0 - (1.0 + p.c_1) * ca)
    uptake = p.v_er * ca * ca / (p.k_er * p.k_er + ca * ca)
    recovery = p.d_2 * (ip3 + p.d_1) / (ip3 + p.d_3) * (1.0 - s.h)
    return State(
        PER_MS * (release - uptake),
        PER_MS * p.a_2 * (recovery - ca * s.h),
        (p.ip3_rest - s.ip3) / p.tau_ip3 + PER_MS * s.production,
        0.0,
    )


@kernel
def threshold(s: State, p: Params) -> float:
    """Return how far calcium is above the level of release."""
    return s.ca - p.ca_release


@kernel
def on_spike(s: State, t: float, w: float, p: Params) -> State:
    """Receive one spike that makes `w` uM of IP3."""
    return State(s.ca, s.h, max(s.ip3 + w, 0.0), s.production)


@kernel
def on_drive(s: State, t: float, w: float, p: Params) -> State:
    """Change the production of IP3 by `w` uM/s."""
    return State(s.ca, s.h, s.ip3, s.production + w)


LiRinzel = integrated(
    name="LiRinzel",
    params=Params,
    state=State,
    initial=initial,
    derivative=derivative,
    threshold=threshold,
    on_input={"spike": on_spike, "drive": on_drive},
    units={"spike": "uM", "drive": "uM/s", "ca": "uM", "h": "1", "ip3": "uM", "production": "uM/s"},
    doc=__doc__,
)
