/** The app's entry: each import registers its functions. */
import './http/public.ts';
import './http/profiles.ts';
import './http/failed-records.ts';
import './queues.ts';
import './timers.ts';
import './activate-profile.ts';
