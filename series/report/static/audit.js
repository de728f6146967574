(function () {
  "use strict";

  // The state of the page is its address: "#verdict=drifted&way=repaired&check=color.role&character=Mara&frame=3".
  // Every control writes there, and only apply() reads it, so that a link shows what its sender saw.

  var VERDICTS = ["consistent", "unsure", "drifted"];
  var WAYS = ["regenerated", "person", "repaired"]; // in the order of series.report.took.Way
  var CLICK_REACH = 28; // px; a finger is about this wide
  var PRINTED_FRAMES = 200; // more open frames than this no one prints

  var data = JSON.parse(document.getElementById("data").textContent);
  var frames = data.frames;
  var tiles = frames.map(function (_, i) { return document.getElementById("tile-" + i); });
  var articles = frames.map(function (_, i) { return document.getElementById("frame-" + i); });
  var filters = document.getElementById("filters");
  var chips = Array.from(document.querySelectorAll("[data-verdict]"));
  var wayChips = Array.from(document.querySelectorAll("[data-way]"));
  var checkSelect = document.getElementById("filter-check");
  var characterSelect = document.getElementById("filter-character");
  var shown = document.getElementById("shown");
  var reset = document.getElementById("reset");
  var openAll = document.getElementById("open-all");
  var applied = null;
  var empties = Array.from(document.querySelectorAll(".empty"));

  // ---- state

  function readState() {
    var hash = location.hash.slice(1);
    var plain = /^frame-(\d+)$/.exec(hash);
    var query = new URLSearchParams(plain ? "frame=" + plain[1] : hash);
    var verdicts = (query.get("verdict") || "").split(",").filter(function (v) { return VERDICTS.includes(v); });
    var ways = (query.get("way") || "").split(",").filter(function (w) { return WAYS.includes(w); });
    var frame = query.get("frame");
    return {
      verdicts: verdicts,
      ways: wayChips.length ? ways : [],
      check: known(checkSelect, query.get("check")),
      character: known(characterSelect, query.get("character")),
      frame: frame !== null && /^\d+$/.test(frame) && Number(frame) < frames.length ? Number(frame) : null,
    };
  }

  function known(select, value) {
    var has = select && value && Array.from(select.options).some(function (o) { return o.value === value; });
    return has ? value : "";
  }

  function writeState(state) {
    var query = new URLSearchParams();
    if (state.verdicts.length) query.set("verdict", state.verdicts.join(","));
    if (state.ways.length) query.set("way", state.ways.join(","));
    if (state.check) query.set("check", state.check);
    if (state.character) query.set("character", state.character);
    if (state.frame !== null) query.set("frame", String(state.frame));
    location.hash = query.toString() || "all";
    apply();
  }

  function change(part) {
    writeState(Object.assign(readState(), { frame: null }, part));
  }

  function toggled(list, value) {
    return list.includes(value) ? list.filter(function (v) { return v !== value; }) : list.concat(value);
  }

  function goTo(frame) {
    var before = location.hash;
    writeState(Object.assign(readState(), { frame: frame }));
    if (location.hash === before) show(frame);
  }

  // ---- filtering

  // "color" means every color check; "identity." means the check that is called "identity" and no other.
  function checksOf(token) {
    var set = new Set();
    data.checks.forEach(function (name, i) {
      var exact = token.endsWith(".") ? name + "." === token : name === token || name.startsWith(token + ".");
      if (exact) set.add(i);
    });
    return set;
  }

  // With a check chosen, the verdict is the worst one of that check; with none chosen, that of the frame.
  function matcher(state) {
    var verdicts = state.verdicts.map(function (v) { return VERDICTS.indexOf(v); });
    var ways = state.ways.map(function (w) { return WAYS.indexOf(w); });
    var checks = state.check ? checksOf(state.check) : null;
    var character = state.character ? data.characters.indexOf(state.character) : -1;
    return function (frame) {
      if (ways.length && !(frame.w || []).some(function (way) { return ways.includes(way); })) return false;
      if (character >= 0 && !frame.c.includes(character)) return false;
      if (!checks) return !verdicts.length || verdicts.includes(frame.v);
      var worst = frame.f.reduce(function (sofar, finding) {
        var other = character >= 0 && finding[1] >= 0 && finding[1] !== character;
        return checks.has(finding[0]) && !other ? Math.max(sofar, finding[2]) : sofar;
      }, -1);
      return verdicts.length ? verdicts.includes(worst) : worst > 0;
    };
  }

  function count(state, part) {
    var fits = matcher(Object.assign({}, state, part));
    return frames.reduce(function (sum, frame) { return sum + (fits(frame) ? 1 : 0); }, 0);
  }

  function countOptions(select, state, key) {
    if (!select) return;
    Array.from(select.options).forEach(function (option) {
      var part = {};
      part[key] = option.value;
      option.textContent = option.dataset.title + " (" + count(state, part) + ")";
    });
    select.value = state[key];
  }

  // At once on a change of ours, and on "hashchange" for the back button: never twice for one address.
  function apply() {
    if (location.hash === applied) return;
    applied = location.hash;
    var state = readState();
    var fits = matcher(state);
    var number = 0;
    frames.forEach(function (frame, i) {
      var on = fits(frame);
      number += on ? 1 : 0;
      if (tiles[i]) tiles[i].hidden = !on;
      if (articles[i]) articles[i].hidden = !on;
    });
    chips.forEach(function (chip) {
      var verdict = chip.dataset.verdict;
      chip.setAttribute("aria-pressed", String(state.verdicts.includes(verdict)));
      chip.querySelector(".n").textContent = count(state, { verdicts: [verdict] });
    });
    wayChips.forEach(function (chip) {
      var way = chip.dataset.way;
      chip.setAttribute("aria-pressed", String(state.ways.includes(way)));
      chip.querySelector(".n").textContent = count(state, { ways: [way] });
    });
    countOptions(checkSelect, state, "check");
    countOptions(characterSelect, state, "character");
    var filtered = Boolean(state.verdicts.length || state.ways.length || state.check || state.character);
    shown.textContent = filtered ? "Showing " + number + " of " + frames.length : "All " + frames.length + " frames";
    reset.hidden = !filtered;
    empties.forEach(function (empty) { empty.hidden = number > 0; });
    if (state.frame !== null) show(state.frame);
  }

  // ---- frames

  function fill(root) {
    root.querySelectorAll("img[data-from]").forEach(function (image) {
      // A new element, not a new source: in a part of the page that is off screen Chromium keeps laying out the
      // alternative text of a picture that got its source later, at a size of 0.
      var picture = image.cloneNode(false);
      var source = document.getElementById(image.dataset.from);
      if (source) picture.src = source.src;
      picture.removeAttribute("data-from");
      image.replaceWith(picture);
    });
  }

  function open(article) {
    var details = article.querySelector("details");
    details.open = true;
    fill(details);
    return details;
  }

  function show(frame) {
    document.querySelectorAll(".tile.here").forEach(function (tile) { tile.classList.remove("here"); });
    var article = articles[frame];
    if (!article) {
      tiles[frame].hidden = false;
      tiles[frame].classList.add("here");
      tiles[frame].scrollIntoView({ block: "center" });
      return;
    }
    article.hidden = false;
    var details = open(article);
    article.scrollIntoView({ block: "start" });
    details.querySelector("summary").focus({ preventScroll: true });
  }

  function mark(event) {
    var finding = event.target.closest("[data-boxes]");
    var frame = event.target.closest(".frame");
    if (!frame) return;
    var wanted = finding && finding.dataset.boxes ? finding.dataset.boxes.split(" ") : [];
    var stage = frame.querySelector(".stage");
    if (!stage) return;
    stage.classList.toggle("marked", wanted.length > 0);
    stage.querySelectorAll("[data-box]").forEach(function (box) {
      box.classList.toggle("hot", wanted.includes(box.dataset.box));
    });
  }

  // ---- charts

  var DASHES = [[], [7, 4], [2, 3], [10, 4, 2, 4], [14, 4], [4, 2, 1, 2]];
  var charts = new Map();

  function color(name) {
    return getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
  }

  function shape(context, x, y, verdict, size) {
    context.beginPath();
    if (verdict === 2) {
      context.moveTo(x, y - size * 1.25);
      context.lineTo(x + size * 1.2, y + size);
      context.lineTo(x - size * 1.2, y + size);
    } else if (verdict === 1) {
      context.moveTo(x, y - size * 1.2);
      context.lineTo(x + size * 1.2, y);
      context.lineTo(x, y + size * 1.2);
      context.lineTo(x - size * 1.2, y);
    } else {
      context.arc(x, y, size * 0.75, 0, 2 * Math.PI);
    }
    context.closePath();
    context.fill();
    context.stroke();
  }

  function clipped(plot, draw) {
    var box = plot.bbox;
    plot.ctx.save();
    plot.ctx.beginPath();
    plot.ctx.rect(box.left, box.top - 8 * uPlot.pxRatio, box.width, box.height + 16 * uPlot.pxRatio);
    plot.ctx.clip();
    draw(plot.ctx, box);
    plot.ctx.restore();
  }

  function bands(chart) {
    return function (plot) {
      if (!chart.band) return;
      clipped(plot, function (context, box) {
        var zones = [
          [0, chart.band[0] || 0, "drifted-soft"],
          [chart.band[0] || 0, chart.band[1], "consistent-soft"],
          [chart.band[1], chart.band[2], "unsure-soft"],
          [chart.band[2], chart.end, "drifted-soft"],
        ];
        zones.forEach(function (zone) {
          if (!(zone[1] > zone[0])) return;
          var top = Math.max(plot.valToPos(zone[1], "y", true), box.top);
          var bottom = Math.min(plot.valToPos(zone[0], "y", true), box.top + box.height);
          context.fillStyle = color(zone[2]);
          context.fillRect(box.left, top, box.width, bottom - top);
        });
        [[1, "consistent"], [2, "drifted"]].forEach(function (limit) {
          var y = Math.round(plot.valToPos(chart.band[limit[0]], "y", true));
          context.strokeStyle = color(limit[1]);
          context.globalAlpha = 0.6;
          context.lineWidth = uPlot.pxRatio;
          context.setLineDash(limit[0] === 1 ? [] : [6 * uPlot.pxRatio, 4 * uPlot.pxRatio]);
          context.beginPath();
          context.moveTo(box.left, y);
          context.lineTo(box.left + box.width, y);
          context.stroke();
        });
      });
    };
  }

  function points(chart) {
    return function (plot) {
      var dense = frames.length > 250;
      var crowded = frames.length > 4000; // more shapes than pixels: dots are drawn ten times faster
      var size = (dense ? 3 : 4.4) * uPlot.pxRatio;
      var fills = [color("consistent"), color("unsure-fill"), color("drifted")];
      clipped(plot, function (context) {
        context.setLineDash([]); // uPlot leaves the dash of its last line behind
        context.lineWidth = uPlot.pxRatio;
        context.strokeStyle = color("paper");
        [0, 1, 2].forEach(function (verdict) { // the worst are drawn last, on top
          context.fillStyle = fills[verdict];
          chart.lines.forEach(function (line, index) {
            if (!plot.series[index + 1].show) return;
            line.x.forEach(function (frame, i) {
              if (line.v[i] !== verdict) return;
              var x = plot.valToPos(frame, "x", true);
              var y = plot.valToPos(line.y[i], "y", true);
              if (crowded && verdict === 0) context.fillRect(x - 1, y - 1, 2, 2);
              else shape(context, x, y, verdict, size);
            });
          });
        });
      });
    };
  }

  function nearest(chart, plot, left, top) {
    var best = null;
    var reach = CLICK_REACH * CLICK_REACH;
    chart.lines.forEach(function (line, index) {
      if (!plot.series[index + 1].show) return;
      line.x.forEach(function (frame, i) {
        var dx = plot.valToPos(frame, "x") - left;
        var dy = plot.valToPos(line.y[i], "y") - top;
        var squared = dx * dx + dy * dy;
        if (squared < reach) {
          reach = squared;
          best = { frame: frame, subject: [line.s, line.p ? line.p[i] : ""].filter(Boolean).join(", "), distance: line.y[i], verdict: line.v[i] };
        }
      });
    });
    return best;
  }

  function tooltip(chart, tip) {
    return function (plot) {
      var at = plot.cursor.left >= 0 ? nearest(chart, plot, plot.cursor.left, plot.cursor.top) : null;
      tip.hidden = !at;
      if (!at) return;
      var subject = at.subject ? " · " + at.subject : "";
      tip.textContent = frames[at.frame].n + subject + " · " + amount(at.distance, chart.unit) + " " + chart.unit.replace(/^share /, "") + " · " + VERDICTS[at.verdict];
      var x = plot.valToPos(at.frame, "x") + plot.over.offsetLeft;
      var y = plot.valToPos(at.distance, "y") + plot.over.offsetTop;
      var left = x + 12 + tip.offsetWidth > plot.root.offsetWidth ? x - 12 - tip.offsetWidth : x + 12;
      tip.style.left = Math.max(0, left) + "px";
      tip.style.top = Math.max(0, y - tip.offsetHeight - 8) + "px";
    };
  }

  function columns(chart) {
    var x = frames.map(function (_, i) { return i; });
    return [x].concat(chart.lines.map(function (line) {
      var column = new Array(frames.length).fill(null);
      line.x.forEach(function (frame, i) { column[frame] = line.y[i]; });
      return column;
    }));
  }

  function short(name) {
    return name.length > 9 ? name.slice(0, 8) + "…" : name;
  }

  function amount(value, unit) {
    return unit.startsWith("share") ? +(100 * value).toPrecision(4) + "%" : String(+value.toPrecision(6));
  }

  function options(chart, place, tip) {
    var ink = function () { return color("muted"); };
    var grid = { show: false };
    var axis = { stroke: ink, grid: grid, ticks: { stroke: function () { return color("line"); }, width: 1, size: 4 }, font: "11px system-ui, sans-serif" };
    var incrs = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000];
    return {
      width: place.clientWidth,
      height: place.clientHeight,
      legend: { show: false },
      padding: [10, 26, 0, 0],
      cursor: { y: false, points: { show: false }, drag: { x: false, y: false, setScale: false } },
      scales: {
        x: { time: false, range: [-0.5, frames.length - 0.5] },
        y: { range: [0, chart.end] },
      },
      axes: [
        Object.assign({}, axis, {
          incrs: incrs, space: 64, size: 28,
          values: function (_, splits) {
            return splits.map(function (i) { return frames[i] ? short(frames[i].n) : ""; });
          },
        }),
        Object.assign({}, axis, {
          size: 44, space: 36,
          values: function (_, splits) { return splits.map(function (y) { return amount(y, chart.unit); }); },
        }),
      ],
      series: [{}].concat(chart.lines.map(function (line, i) {
        return {
          label: line.s, stroke: function () { return color("trace"); }, width: 1.2, dash: DASHES[i % DASHES.length], spanGaps: true,
          points: { show: false },
        };
      })),
      hooks: { drawClear: [bands(chart)], draw: [points(chart)], setCursor: [tooltip(chart, tip)] },
    };
  }

  function legend(chart, plot, number) {
    var place = document.querySelector('[data-legend="' + number + '"]');
    if (chart.lines.length < 2) return;
    chart.lines.forEach(function (line, i) {
      var button = document.createElement("button");
      button.type = "button";
      button.setAttribute("aria-pressed", "true");
      var key = document.createElementNS("http://www.w3.org/2000/svg", "svg");
      var stroke = document.createElementNS("http://www.w3.org/2000/svg", "line");
      [["x1", 0], ["x2", 26], ["y1", 4], ["y2", 4], ["stroke-dasharray", DASHES[i % DASHES.length].join(" ")]].forEach(function (pair) {
        stroke.setAttribute(pair[0], pair[1]);
      });
      key.setAttribute("aria-hidden", "true");
      key.append(stroke);
      var name = document.createElement("span");
      name.dir = "auto";
      name.textContent = line.s;
      button.append(key, name);
      button.addEventListener("click", function () {
        var on = !plot.series[i + 1].show;
        plot.setSeries(i + 1, { show: on });
        button.setAttribute("aria-pressed", String(on));
      });
      place.append(button);
    });
  }

  function draw(place) {
    var number = Number(place.dataset.chart);
    if (charts.has(number) || !place.clientWidth) return;
    var chart = data.charts[number];
    var tip = document.createElement("div");
    tip.className = "tip";
    tip.hidden = true;
    var plot = new uPlot(options(chart, place, tip), columns(chart), place);
    charts.set(number, plot);
    place.append(tip);
    plot.over.addEventListener("click", function (event) {
      var box = plot.over.getBoundingClientRect();
      var at = nearest(chart, plot, event.clientX - box.left, event.clientY - box.top);
      if (at) goTo(at.frame);
    });
    legend(chart, plot, number);
    new ResizeObserver(function () {
      if (place.clientWidth) plot.setSize({ width: place.clientWidth, height: place.clientHeight });
    }).observe(place);
  }

  function redraw() {
    charts.forEach(function (plot) { plot.redraw(false, true); });
  }

  // ---- wiring

  chips.forEach(function (chip) {
    chip.addEventListener("click", function () {
      change({ verdicts: toggled(readState().verdicts, chip.dataset.verdict) });
    });
  });
  wayChips.forEach(function (chip) {
    chip.addEventListener("click", function () {
      change({ ways: toggled(readState().ways, chip.dataset.way) });
    });
  });
  if (checkSelect) checkSelect.addEventListener("change", function () { change({ check: checkSelect.value }); });
  if (characterSelect) characterSelect.addEventListener("change", function () { change({ character: characterSelect.value }); });
  reset.addEventListener("click", function () {
    change({ verdicts: [], ways: [], check: "", character: "" });
    chips[0].focus();
  });
  filters.addEventListener("submit", function (event) { event.preventDefault(); });
  openAll.addEventListener("click", function () {
    articles.forEach(function (article) { if (article && !article.hidden) open(article); });
  });
  document.addEventListener("click", function (event) {
    var link = event.target.closest('a[href^="#frame-"]');
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    goTo(Number(link.getAttribute("href").slice("#frame-".length)));
  });
  document.addEventListener("toggle", function (event) {
    if (!event.target.open) return;
    if (event.target.closest(".frame")) fill(event.target);
    event.target.querySelectorAll(".plot").forEach(draw);
  }, true);
  document.addEventListener("mouseover", mark);
  window.addEventListener("hashchange", apply);
  window.addEventListener("beforeprint", function () {
    document.documentElement.classList.add("printing");
    articles.filter(function (article) { return article && !article.hidden && !article.classList.contains("v-consistent"); })
      .slice(0, PRINTED_FRAMES).forEach(open);
    redraw();
  });
  window.addEventListener("afterprint", function () {
    document.documentElement.classList.remove("printing");
    redraw();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);

  filters.hidden = false;
  // What is jumped to stays clear of the filters, on however many lines they stand.
  new ResizeObserver(function () {
    document.documentElement.style.setProperty("--bar", filters.offsetHeight + "px");
  }).observe(filters);
  openAll.hidden = false;
  document.querySelectorAll(".frame > details[open]").forEach(fill);
  document.querySelectorAll(".chart[open] .plot").forEach(draw);
  apply();
})();
