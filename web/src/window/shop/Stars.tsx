/** A rating in stars. */

import { Icon } from "@/shared/components";
import { count as counted } from "@/shared/words";

export function Stars({ average, count }: { average: number; count?: number }) {
  const label = `${average.toFixed(1)} of 5 stars${count === undefined ? "" : `, ${counted(count, "review")}`}`;
  return (
    <span class="stars" role="img" aria-label={label}>
      {[1, 2, 3, 4, 5].map((star) => (
        <Icon key={star} name="star" filled={average >= star - 0.5} />
      ))}
      {count !== undefined && <span class="small soft">({count})</span>}
    </span>
  );
}
