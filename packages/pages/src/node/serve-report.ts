import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { ChainruleError, checkNoMore, checkOptions, show } from "@chainrule/core";
import { type ReportData, type ReportEvent, ReportRecorder, type ReportTarget } from "@chainrule/nn";
import type { Language } from "../language.js";
import { languageOf, reportPage } from "../training-report.js";

export interface ServeReportOptions {
  /** The port; 0, the default, for any that is free. */
  readonly port?: number | undefined;
  /** The language of the page's own words. Default "en". */
  readonly lang?: Language | undefined;
}

/** A report that is served while it grows: a target of a `ReportRecorder`. */
export interface LiveReport extends ReportTarget {
  /** Where the page is, on this machine only. */
  readonly url: string;
  /** Ends the service; it ends with the process, too, and does not keep it alive. */
  close(): Promise<void>;
}

/** How often pages hear of steps, in milliseconds. */
const between = 400;
/** Who has so many bytes to read yet gets no steps: the next report has them all. */
const behind = 1 << 20;
const mostListeners = 32;

const headers = {
  "cache-control": "no-store",
  // What a page says of itself cannot keep it out of frames.
  "content-security-policy": "frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

/**
 * Serves the report of a run on the loopback address, for browsers of this machine: the page is there from the start, and what comes is
 * sent to it (server-sent events). Requests are answered where the training lets events in, which a `Trainer` does every 40 ms.
 *
 * @throws ChainruleError for options that are not known, or a port that cannot be had
 *
 * @example
 * const live = await serveReport({ port: 0 });
 * const report = new ReportRecorder({ title: "My run", targets: [live] });
 * live.url.startsWith("http://127.0.0.1:"); // true
 * await live.close();
 */
export function serveReport(options: ServeReportOptions = {}, ...none: []): Promise<LiveReport> {
  checkNoMore("serveReport", none);
  checkOptions("serveReport", options, ["port", "lang"]);
  const { port = 0, ...rest } = options;
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new ChainruleError(
      `serveReport: port ${show(port)}: a whole number from 0 to 65535 is needed; 0 for any that is free`,
    );
  }
  return new Service(languageOf("serveReport", rest)).listen(port);
}

class Service {
  private readonly lang: Language;
  private readonly listeners = new Set<ServerResponse>();
  private readonly server = createServer((request, response) => this.answer(request, response));
  private port = 0;
  private report: ReportRecorder = new ReportRecorder();
  private told = 0;
  /** How much of which curve the pages have. */
  private sent = { every: 1, length: 0 };

  constructor(lang: Language) {
    this.lang = lang;
  }

  listen(port: number): Promise<LiveReport> {
    return new Promise((resolve, reject) => {
      this.server.once("error", (cause) => {
        reject(
          new ChainruleError(
            `serveReport: port ${port} cannot be had: ${cause.message}; take another one, or 0 for any that is free`,
            { cause },
          ),
        );
      });
      this.server.listen(port, "127.0.0.1", () => {
        this.port = (this.server.address() as AddressInfo).port;
        // A run that is over is not kept by who looks at it.
        this.server.unref();
        resolve({
          url: `http://127.0.0.1:${this.port}/`,
          update: (report, event) => this.update(report, event),
          close: () => this.close(),
        });
      });
    });
  }

  private update(report: ReportRecorder, event: ReportEvent): void | Promise<void> {
    this.report = report;
    if (this.listeners.size === 0) return;
    // The process may end with the run: what is said last is to be on its way before.
    if (event === "end") return inTime(this.sendAll(report.data()));
    if (event !== "step") {
      void this.sendAll(report.data());
      return;
    }
    const now = performance.now();
    if (now - this.told < between) return;
    this.told = now;
    this.sendSteps(report.data());
  }

  /** @returns when all of it has been handed over */
  private sendAll(data: ReportData): Promise<unknown> {
    this.told = performance.now();
    this.sent = { every: data.losses.every, length: data.losses.values.length };
    return Promise.all([...this.listeners].map((listener) => send(listener, "report", data)));
  }

  private sendSteps(data: ReportData): void {
    const { iteration, seconds, wallSeconds, losses } = data;
    const { every, values } = losses;
    if (every !== this.sent.every) {
      void this.sendAll(data);
      return;
    }
    // The last mean may have been one of fewer steps.
    const from = Math.max(0, this.sent.length - 1);
    this.sent = { every, length: values.length };
    const steps = { iteration, seconds, wallSeconds, every, from, values: values.slice(from) };
    for (const listener of this.listeners) if (listener.writableLength < behind) void send(listener, "steps", steps);
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const { method, url, headers: asked } = request;
    // A name of somebody else's that leads to this address would let their pages read what is served here.
    if (asked.host !== `127.0.0.1:${this.port}` && asked.host !== `localhost:${this.port}`) refuse(response, 403);
    else if (method !== "GET") refuse(response, 405);
    else if (url === "/") {
      const html = reportPage("serveReport", this.report.data(), { lang: this.lang }, true);
      response.writeHead(200, { ...headers, "content-type": "text/html; charset=utf-8" }).end(html);
    } else if (url === "/events") this.listenTo(response);
    else refuse(response, 404);
  }

  private listenTo(response: ServerResponse): void {
    if (this.listeners.size >= mostListeners) {
      refuse(response, 503);
      return;
    }
    response.writeHead(200, { ...headers, "content-type": "text/event-stream" });
    response.socket?.setNoDelay(true);
    response.socket?.unref();
    response.write("retry: 1000\n\n");
    this.listeners.add(response);
    response.on("close", () => this.listeners.delete(response));
    // All pages get it: what is sent from here on is the same for them.
    void this.sendAll(this.report.data());
  }

  private close(): Promise<void> {
    for (const listener of this.listeners) listener.end();
    return new Promise((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
  }
}

function refuse(response: ServerResponse, status: number): void {
  response.writeHead(status, { ...headers, ...(status === 405 && { allow: "GET" }) }).end();
}

/** JSON has no line break in it, so that it is one line of an event. */
function send(listener: ServerResponse, event: string, data: unknown): Promise<void> {
  return new Promise((resolve) => {
    listener.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`, () => resolve());
  });
}

/** Waits for something, but not for ever: a page may have stopped reading. */
async function inTime(work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise((resolve) => {
    timer = setTimeout(resolve, 2000);
  });
  await Promise.race([work, limit]);
  clearTimeout(timer);
}
