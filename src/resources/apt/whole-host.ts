import { aptGet, type Transaction } from './apt-get.js';
import { upgradesAll, wantedPackages, type AptParams } from './params.js';
import type { AptPart } from './part.js';
import { simulated, simulation } from './simulation.js';

/** An upgrade of all packages. Whether there is one is what its simulation says. */
export const upgrade: AptPart = wholeHost('upgrade', (params) => {
  if (!upgradesAll(params)) return undefined;
  const unneeded = params.autoremove ? ['--auto-remove'] : [];
  return params.upgrade === 'full' || params.upgrade === 'dist'
    ? { verb: ['dist-upgrade', ...unneeded] }
    : { verb: ['upgrade', '--with-new-pkgs', ...unneeded] };
});

/** The removal of all that is not needed any more, where nothing else is asked for. */
export const autoremove: AptPart = wholeHost('unneeded', (params) =>
  params.autoremove && !upgradesAll(params) && wantedPackages(params).length === 0
    ? { verb: ['autoremove', ...(params.purge ? ['--purge'] : [])] }
    : undefined,
);

function wholeHost(field: string, transactionOf: (params: AptParams) => Transaction | undefined): AptPart {
  return {
    queries(params) {
      const transaction = transactionOf(params);
      return transaction ? [simulation(params, transaction)] : [];
    },
    installs: (params) => upgradesAll(params) && transactionOf(params) !== undefined,
    changes(params, answers) {
      const transaction = transactionOf(params);
      return transaction ? simulated(params, transaction, answers, field) : [];
    },
    steps(params, answers) {
      const transaction = transactionOf(params);
      return transaction && simulated(params, transaction, answers).length > 0
        ? [aptGet(params, transaction)]
        : [];
    },
  };
}
