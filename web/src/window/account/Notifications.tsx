/** What the shop writes about, and by which way. */

import { useAction } from "@/shared/acting";
import { api, ask, type Schemas } from "@/shared/api";
import { Check, ProblemNote, Shown, Table } from "@/shared/components";
import { useLoaded } from "@/shared/loading";
import { words } from "@/shared/words";

type Preference = Schemas["PreferenceView"];

export function Notifications() {
  const preferences = useLoaded(async () => {
    const answer = await ask(api.GET("/v1/users/me/notification-preferences"));
    return answer.data as Preference[]; // rows, unless the wide view is asked for
  }, []);
  const set = useAction(async (_key, changed: Preference, enabled: boolean) => {
    const { notification_type, channel, frequency } = changed;
    const path = { notification_type, channel };
    const made = await ask(
      api.PUT("/v1/users/me/notification-preferences/{notification_type}/{channel}", {
        params: { path },
        body: { enabled, frequency: frequency === "never" && enabled ? "immediate" : frequency },
      }),
    );
    preferences.set(preferences.data?.map((known) => (known.id === changed.id ? made : known)) ?? []);
  });
  return (
    <section class="stack" aria-label="Notifications">
      <p>Some things, like a changed password, we always tell you.</p>
      {set.problem && <ProblemNote problem={set.problem} />}
      <Shown of={preferences}>{(known) => <Preferences known={known} set={set.act} />}</Shown>
    </section>
  );
}

interface PreferencesProps {
  known: Preference[];
  set: (preference: Preference, enabled: boolean) => void;
}

function Preferences({ known, set }: PreferencesProps) {
  const types = [...new Set(known.map((preference) => preference.notification_type))];
  const channels = [...new Set(known.map((preference) => preference.channel))];
  const of = (type: string, channel: string): Preference | undefined =>
    known.find((preference) => preference.notification_type === type && preference.channel === channel);
  return (
    <Table
      caption="Notifications"
      rows={types}
      keyOf={(type) => type}
      columns={[
        { title: "About", cell: (type) => words(type) },
        ...channels.map((channel) => ({
          title: words(channel),
          cell: (type: string) => {
            const preference = of(type, channel);
            if (!preference) return "–";
            return (
              <Check
                label={<span class="visually-hidden">{`${words(type)} by ${channel}`}</span>}
                checked={preference.enabled}
                disabled={preference.always}
                onChange={(enabled) => set(preference, enabled)}
              />
            );
          },
        })),
      ]}
    />
  );
}
