import { accountNameSchema } from './account/name.js';
import { passwordChanges, passwordSteps } from './account/password.js';
import { requireHomes, supplementaryGroups, userQueries, type UserParams } from './account/user-params.js';
import { createUser, modifyUser, userChanges } from './account/user-account.js';
import { resource, type Resource } from './resource.js';

const groupNames = '^[A-Za-z0-9_][A-Za-z0-9_.-]*\\$?(,[A-Za-z0-9_][A-Za-z0-9_.-]*\\$?)*$|^$';

export const user: Resource = resource<UserParams>({
  name: 'user',
  summary: 'A user account.',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['name'],
    properties: {
      name: { ...accountNameSchema, description: 'the login name' },
      state: { enum: ['present', 'absent'], default: 'present', description: 'whether it is there' },
      uid: { type: 'integer', minimum: 0, description: 'its number' },
      group: {
        type: ['string', 'integer'],
        pattern: '^[A-Za-z0-9_][A-Za-z0-9_.-]*\\$?$',
        minimum: 0,
        description: 'the primary group; left out for a new user: one of its own name',
      },
      groups: {
        anyOf: [
          { type: 'string', pattern: groupNames },
          { type: 'array', items: { type: 'string', pattern: groupNames } },
        ],
        description: 'the other groups, all of them unless `append`; an empty list: none',
      },
      append: { type: 'boolean', default: false, description: 'stay in groups that are not listed' },
      comment: { type: 'string', pattern: '^[^:\\n]*$', description: 'the full name' },
      home: { type: 'string', pattern: '^/[^:\\n]*$', description: 'the home folder' },
      move_home: {
        type: 'boolean',
        default: false,
        description: 'move what is in the old home folder when `home` changes',
      },
      create_home: { type: 'boolean', default: true, description: 'make the home folder of a new user' },
      shell: { type: 'string', pattern: '^/[^:\\n]*$', description: 'the login shell' },
      system: {
        type: 'boolean',
        default: false,
        description: 'a new user gets a number of the system’s range',
      },
      password: {
        type: 'string',
        writeOnly: true,
        description: 'the hash of the password (`mkpasswd -m yescrypt`); `*` or `!`: no password is right',
      },
      update_password: {
        enum: ['always', 'on_create'],
        default: 'always',
        description: '`on_create`: only new users get `password`',
      },
      password_lock: { type: 'boolean', description: 'whether the password is locked (keys still work)' },
      remove: {
        type: 'boolean',
        default: false,
        description: 'with `absent`: the home folder and the mail too',
      },
      force: { type: 'boolean', default: false, description: 'with `absent`: though the user is logged in' },
    },
  },

  queries: userQueries,

  plan(params, answers) {
    const current = answers.get<'user'>({ kind: 'user', name: params.name });
    requireHomes(params, answers);
    if (params.state === 'absent') {
      return current.exists ? [{ subject: params.name, field: 'state', before: 'present', after: null }] : [];
    }
    supplementaryGroups(params, answers);
    return [...userChanges(params, current, answers), ...passwordChanges(params, current)];
  },

  apply(params, changes, answers) {
    const state = changes.find((change) => change.field === 'state');
    if (state?.after === null) {
      const flags = [...(params.remove ? ['-r'] : []), ...(params.force ? ['-f'] : [])];
      return [{ kind: 'run', argv: ['userdel', ...flags, '--', params.name], uninterruptible: true }];
    }
    return [
      ...(state ? createUser(params, answers) : modifyUser(params, changes, answers)),
      ...passwordSteps(params, changes),
    ];
  },
});
