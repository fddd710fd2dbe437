/** Where the mail that confirms an address leads. */

import { useEffect } from "preact/hooks";
import { useLocation } from "preact-iso";
import { useAction } from "@/shared/acting";
import { ask, keyed, openApi } from "@/shared/api";
import { ButtonLink, Empty, Failed, Loading } from "@/shared/components";
import { useTitle } from "../title";

export default function VerifyEmail() {
  useTitle("Confirm your address");
  const { token = "" } = useLocation().query;
  const confirm = useAction(async (key) => {
    await ask(
      openApi.POST("/v1/email-verifications/confirmations", { params: { header: keyed(key) }, body: { token } }),
    );
  });
  useEffect(() => void confirm.act(), [token]);
  if (confirm.busy) return <Loading label="Confirming" />;
  if (confirm.problem) return <Failed problem={confirm.problem} retry={confirm.act} />;
  return (
    <Empty title="Your address is confirmed" icon="check">
      <ButtonLink href="/">To the shop</ButtonLink>
    </Empty>
  );
}
