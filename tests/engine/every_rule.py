"""Every plasticity rule, with values that move weights within a tenth of a second.

Those that read modulators read 'dopamine' and 'astrocyte'.
"""

from eventsim.models import (
    AstrocyteSTDP,
    AstrocyteSTDPInhibitory,
    AstrocyteSTDPPaced,
    AstrocyteSTDPPacedInhibitory,
    BCMRule,
    ErrorReadout,
    ErrorReadoutDoubleExp,
    InhibitorySTDP,
    OjaRule,
    STDPActivity,
    STDPDiehlCook,
    STDPDopamine,
    STDPDopamineNearest,
    STDPMasquelier,
    STDPMixed,
    STDPMultiplicative,
    STDPNearest,
    STDPPair,
    STDPPowerLaw,
    STDPReduced,
    STDPTriplet,
    STDPTripletNearest,
    STDPZenke,
    StochasticRelease,
    TsodyksMarkram,
    TsodyksMarkramAstrocyte,
)

PAIR = STDPPair(a_plus=0.05, a_minus=0.05)
DOPAMINE = STDPDopamine(dopamine="dopamine", a_plus=0.002, a_minus=0.0015)
ASTROCYTE = AstrocyteSTDP(astrocyte="astrocyte", scale=0.5)
SUMMED = [  # all others that linear neurons can be the target of, with values that move weights
    AstrocyteSTDPInhibitory(astrocyte="astrocyte", scale=0.5),
    AstrocyteSTDPPaced(astrocyte="astrocyte", pace="dopamine", scale=0.5),
    AstrocyteSTDPPacedInhibitory(astrocyte="astrocyte", pace="dopamine", scale=0.5),
    BCMRule(step=1e-5),
    ErrorReadout(error="dopamine", rate=1e-2),
    ErrorReadoutDoubleExp(error="dopamine", rate=1e-2),
    InhibitorySTDP(step=0.02, rho=20.0),
    OjaRule(step=0.05),
    STDPActivity(tau_c=200.0, theta=4.0, width=4.0),
    STDPDiehlCook(a_plus=0.05, a_minus=0.03),
    STDPDopamineNearest(dopamine="dopamine", a_plus=0.02, a_minus=0.015),
    STDPMasquelier(),
    STDPMixed(step=0.05, mu_plus=0.4, mu_minus=0.3, w_max=1.5),
    STDPMultiplicative(step=0.05),
    STDPNearest(a_plus=0.05, a_minus=0.05),
    STDPPowerLaw(step=0.05),
    STDPReduced(a_plus=0.05, a_minus=0.05),
    STDPTriplet(a3_plus=0.01),
    STDPTripletNearest(a3_plus=0.05),
    STDPZenke(a=0.01, tau_con=500.0),
    StochasticRelease(use=0.5, tau_rec=50.0),
    TsodyksMarkram(use=0.3, tau_rec=100.0),
    TsodyksMarkramAstrocyte(astrocyte="astrocyte"),
]
STILL = {"StochasticRelease", "TsodyksMarkram", "TsodyksMarkramAstrocyte"}
