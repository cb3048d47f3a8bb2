import type { Project } from '../support.js';
import { deployDrills } from './deploy.js';
import { edge } from './edge.js';
import { failover } from './failover.js';
import { hardening } from './hardening.js';
import { reboot } from './reboot.js';
import { secrets } from './secrets.js';
import { upgrades } from './upgrades.js';

type Drill = (site: () => Project) => void;

/** Tests that need a converged site, and leave it converged. They run in this order, on the same seven hosts. */
export const drills: readonly Drill[] = [edge, deployDrills, hardening, failover, reboot, upgrades, secrets];
