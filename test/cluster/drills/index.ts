import type { Project } from '../support.js';
import { deployDrills } from './deploy.js';
import { edge } from './edge.js';
import { failover } from './failover.js';

type Drill = (site: () => Project) => void;

/** Tests that need a converged site, and leave it converged. They run in this order, on the same seven hosts. */
const all: readonly Drill[] = [edge, deployDrills, failover];

// Not in CI yet: they are being worked on. PROVISION_TEST_DRILLS=1 runs them.
export const drills: readonly Drill[] = process.env['PROVISION_TEST_DRILLS'] === '1' ? all : [];
