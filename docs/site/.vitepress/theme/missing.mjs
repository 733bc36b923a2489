import { useData, useRouter, withBase } from "vitepress";
import { h, onMounted } from "vue";

/** A page that is not there in a reader's language (the reference is English, and guides may not be written yet) is shown in English. */
export const Missing = {
  setup() {
    const { site, theme } = useData();
    const router = useRouter();
    const path = router.route.path.slice(site.value.base.length - 1);
    const english = /^\/(?:ko|ja)(\/.*)$/.exec(path)?.[1];
    onMounted(() => {
      if (english !== undefined) router.go(withBase(english) + location.hash);
    });
    return () => {
      const { title, quote, linkText } = theme.value.notFound;
      return h("div", { class: "missing" }, [
        h("h1", title),
        h("p", quote),
        english === undefined ? null : h("p", h("a", { href: withBase(english), lang: "en" }, "English")),
        h("p", h("a", { href: withBase(theme.value.home) }, linkText)),
      ]);
    };
  },
};
