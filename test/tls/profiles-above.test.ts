// The profiles of client certificates and of behaviour, as seven clients see them.

import t from 'tap'
import { PROFILES } from '../../src/testing/tls/profiles.ts'
import { playProfiles } from './profiles.ts'

t.test('client certificates and behaviour', t =>
  playProfiles(
    t,
    PROFILES.filter(({ group }) => group === 'client certificate' || group === 'behaviour'),
  ),
)
