import { useData, useRouter, withBase } from "vitepress";
import { h, onMounted } from "vue";

/**
 * A page that is not there in a reader's language (the reference is English, and guides may not be written yet) is shown in English. What
 * is in no language is said in the reader's.
 */
export const Missing = {
  setup() {
    const { site, theme } = useData();
    const router = useRouter();
    const path = router.route.path.slice(site.value.base.length - 1);
    const english = /^\/(?:ko|ja)(\/.*)$/.exec(path)?.[1];
    onMounted(async () => {
      if (english === undefined) return;
      const { ok } = await fetch(withBase(english), { method: "HEAD" });
      if (ok) router.go(withBase(english) + location.hash);
    });
    return () => {
      const { title, quote, linkText } = theme.value.notFound;
      return h("div", { class: "missing" }, [
        h("h1", title),
        h("p", quote),
        h("p", h("a", { href: withBase(theme.value.home) }, linkText)),
      ]);
    };
  },
};
