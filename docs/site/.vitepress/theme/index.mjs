import { useRoute } from "vitepress";
import Theme from "vitepress/theme-without-fonts";
import { h, nextTick, onMounted, watch } from "vue";
import { First } from "./first.mjs";
import { Missing } from "./missing.mjs";
import { showButtons } from "./playground.mjs";
import "./code.css";
import "./style.css";

export default {
  extends: Theme,
  Layout: () => h(Theme.Layout, null, { "home-hero-image": () => h(First), "not-found": () => h(Missing) }),
  setup() {
    const route = useRoute();
    onMounted(() =>
      watch(
        () => route.data,
        () => nextTick(showButtons),
        { immediate: true },
      ),
    );
  },
};
