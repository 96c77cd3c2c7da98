"""Stand-ins for Twilio, FCM and an SMTP server: the real protocols, with faults on request."""

from notify.simulator.config import DEFAULT_ACCOUNT_SID, DEFAULT_AUTH_TOKEN, SimulatorConfig
from notify.simulator.fault_file import FaultFileError, load_faults, parse_faults
from notify.simulator.faults import FaultPlan
from notify.simulator.server import Simulator, SimulatorError, run, serve

__all__ = [
    "DEFAULT_ACCOUNT_SID",
    "DEFAULT_AUTH_TOKEN",
    "FaultFileError",
    "FaultPlan",
    "Simulator",
    "SimulatorConfig",
    "SimulatorError",
    "load_faults",
    "parse_faults",
    "run",
    "serve",
]
