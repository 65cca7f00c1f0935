"""The pictures of the demo clip: SVG worlds, one per shot, drawn from shapes and seeded noise."""
import math
import random

W, H = 540, 960


def grad(name, *stops, kind="linear"):
    """Gradient definition; a stop is (offset, colour) or (offset, colour, opacity)."""
    axis = 'x1="0" y1="0" x2="0" y2="1"' if kind == "linear" else ""
    body = "".join(f'<stop offset="{s[0]}" stop-color="{s[1]}" stop-opacity="{(*s, 1)[2]}"/>' for s in stops)
    return f'<{kind}Gradient id="{name}" {axis}>{body}</{kind}Gradient>'


def rect(fill, x=0, y=0, w=W, h=H):
    return f'<rect x="{x}" y="{y}" width="{w}" height="{h}" fill="{fill}"/>'


def disc(x, y, r, fill, extra=""):
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.1f}" fill="{fill}" {extra}/>'


def oval(x, y, rx, ry, fill, extra=""):
    return f'<ellipse cx="{x:.1f}" cy="{y:.1f}" rx="{rx:.1f}" ry="{ry:.1f}" fill="{fill}" {extra}/>'


def stars(rng, n, w, h, x0=0, y0=0):
    return "".join(disc(x0 + rng.uniform(0, w), y0 + rng.uniform(0, h), 0.8 + 2.2 * rng.random() ** 4,
                        rng.choice(["#fff", "#fff", "#cfe4ff", "#ffe9b8"]),
                        f'opacity="{rng.uniform(.45, 1):.2f}"') for _ in range(n))


def wave_path(rng, x0, x1, y, amp, step=12):
    """Points of a smooth random line: three sines of random phase."""
    k = [(amp / f, f * 2 * math.pi / 620, rng.uniform(0, 6.28)) for f in (1, 2.3, 5.1)]
    return [(x, y + sum(a * math.sin(w * x + p) for a, w, p in k)) for x in range(x0, x1 + step, step)]


def ridge(rng, x0, x1, y, amp, fill, trees=0, bottom=H):
    pts = wave_path(rng, x0, x1, y, amp)
    out = f'<path fill="{fill}" d="M{x0} {bottom}' + "".join(f"L{x} {v:.1f}" for x, v in pts) + f'V{bottom}Z"/>'
    for x, v in pts[:: max(1, trees)] if trees else ():
        h, x = rng.uniform(28, 74), x + rng.uniform(-6, 6)
        out += "".join(f'<path fill="{fill}" d="M{x - h * f:.1f} {v - h * b + 8:.1f}h{2 * h * f:.1f}L{x:.1f} '
                       f'{v - h * t + 8:.1f}z"/>' for f, b, t in ((.26, 0, .6), (.2, .3, .85), (.13, .6, 1.15)))
    return out


def bands(rng, x0, x1, y0, y1, colours, step=26):
    """Wavy cloud bands with drops in them, the texture of a gas planet."""
    out, y = "", y0
    while y < y1:
        pts = wave_path(rng, x0, x1, y, rng.uniform(6, 15))
        h = rng.uniform(.5, 1.4) * step
        out += (f'<path fill="{rng.choice(colours)}" opacity="{rng.uniform(.35, .8):.2f}" d="M'
                + "L".join(f"{x} {v:.1f}" for x, v in pts)
                + "".join(f"L{x} {v + h * (1 + .4 * math.sin(x / 90)):.1f}" for x, v in pts[::-1]) + 'Z"/>')
        for _ in range((x1 - x0) // 160):
            out += oval(rng.uniform(x0, x1), y + rng.uniform(0, h), rng.uniform(8, 42), rng.uniform(2, 7),
                        rng.choice(colours), f'opacity="{rng.uniform(.4, .9):.2f}"')
        y += rng.uniform(.6, 1.1) * step
    return out


def planet(rng, x, y, r, base, colours, glow):
    # In user space: librsvg takes too large a bounding box for gradients in a rotated group.
    def shade(name, dx, dy, radius, stops):
        return (f'<radialGradient id="{name}" gradientUnits="userSpaceOnUse" cx="{x + dx * r}" cy="{y + dy * r}" '
                f'r="{radius * r}">{stops}</radialGradient>')
    halo = "".join(f'<stop offset="{o}" stop-color="{glow}" stop-opacity="{a}"/>' for o, a in
                   ((.66, .6), (.74, .3), (.85, .1), (1, 0)))
    light = ('<stop offset="0" stop-color="#fff" stop-opacity=".4"/><stop offset=".45" stop-color="#fff" '
             'stop-opacity="0"/><stop offset=".6" stop-opacity="0"/><stop offset="1" stop-opacity=".72"/>')
    return (shade("halo", 0, 0, 1.45, halo) + shade("light", -.28, -.36, 1.5, light)
            + f'<clipPath id="ball">{disc(x, y, r, "#000")}</clipPath>' + disc(x, y, r * 1.45, "url(#halo)")
            + '<g clip-path="url(#ball)">' + disc(x, y, r, base)
            + bands(rng, x - r, x + r, y - r - 20, y + r, colours, r / 8) + "</g>" + disc(x, y, r, "url(#light)"))


def moon(rng, x, y, r):
    out = (grad("mg", (0, "#dfe9ff", .8), (.5, "#9db8ff", .35), (1, "#9db8ff", 0), kind="radial")
           + f'<clipPath id="mc">{disc(x, y, r, "#000")}</clipPath>'
           + '<radialGradient id="ms" cx=".35" cy=".35" r=".8"><stop offset=".5" stop-opacity="0"/>'
             '<stop offset="1" stop-opacity=".55"/></radialGradient>'
           + disc(x, y, r * 2, "url(#mg)") + disc(x, y, r, "#e9ebef") + '<g clip-path="url(#mc)">')
    for i in range(60):                    # the dark plains first, then craters, most of them small
        c = r * (rng.uniform(.2, .36) if i < 7 else .02 + .1 * rng.random() ** 3)
        a, d = rng.uniform(0, 6.28), r * math.sqrt(rng.random()) * .95
        cx, cy = x + d * math.cos(a), y + d * math.sin(a)
        out += (oval(cx, cy, c, c * .8, "#aab2c2", 'opacity=".45"') if i < 7 else
                disc(cx + c * .14, cy + c * .14, c, "#fff", 'opacity=".8"') + disc(cx, cy, c, "#bcc2ce"))
    return out + "</g>" + disc(x, y, r, "url(#ms)")


def saturn(rng, sky, ring):
    x, y, r = W // 2, 440, 130
    def rings(tag):                        # the same rings are drawn behind the ball and, cut, before it
        return f'<g clip-path="url(#{tag})">' + "".join(
            oval(x, y, a, a * .27, "none", f'stroke="{ring[i % len(ring)]}" stroke-width="{w}" opacity=".92"')
            for i, (a, w) in enumerate([(178, 9), (190, 10), (202, 11), (215, 9), (232, 12), (246, 9)])) + "</g>"
    return (grad("sky", (0, sky[0]), (.55, sky[1]), (1, sky[2])) + rect("url(#sky)", -W, -H, 3 * W, 3 * H)
            + stars(rng, 420, 2 * W, 2 * H, -W // 2, -H / 2)
            + f'<clipPath id="back">{rect("#000", -W, -H, 3 * W, H + y)}</clipPath>'
              f'<clipPath id="front">{rect("#000", -W, y, 3 * W, 2 * H)}</clipPath><g transform="rotate(-18 {x} {y})">'
            + rings("back") + planet(rng, x, y, r, "#e8bf7a", ["#f7dfae", "#d19a55", "#fbeccb", "#b97b3f"], "#ffdf9e")
            + rings("front") + "</g>" + disc(110, 575, 13, "#f3e6d0") + disc(455, 205, 10, "#d9c8ff"))


def scene(name):
    """The still world of a shot, larger than the frame where the camera moves."""
    rng = random.Random(name)
    if name == "night_hills":
        return (grad("sky", (0, "#0a0f35"), (.45, "#3a1d78"), (.75, "#b53f86"), (1, "#ff8a6b"))
                + rect("url(#sky)", w=800, h=820) + stars(rng, 330, 800, 620) + ridge(rng, 0, 800, 690, 60, "#5b2a7e")
                + ridge(rng, 0, 800, 760, 42, "#3a1a5e", 2) + ridge(rng, 0, 800, 860, 30, "#160a2e", 2))
    if name == "dawn_hills":
        clouds = "".join(oval(cx + rng.uniform(-60, 60), cy + rng.uniform(-9, 9), rng.uniform(25, 60), rng.uniform(9, 20),
                              "#fff", 'opacity=".55"') for cx, cy in ((-80, 400), (150, 340), (420, 430)) for _ in range(9))
        return (grad("sky", (0, "#3fc1d8"), (.5, "#c9f0d6"), (.8, "#ffe7a0"), (1, "#ffb870"))
                + grad("sun", (0, "#fffbe0"), (.3, "#fff0a0"), (.33, "#ffe680", .6), (1, "#ffe680", 0), kind="radial")
                + rect("url(#sky)", -200, w=760, h=800) + disc(230, 560, 230, "url(#sun)") + clouds
                + ridge(rng, -200, 560, 640, 50, "#7cc7a0") + ridge(rng, -200, 560, 740, 45, "#36977f", 3)
                + ridge(rng, -200, 560, 850, 30, "#12575a", 2))
    if name == "venus":
        return (grad("sky", (0, "#ffb347"), (.6, "#ff7a3c"), (1, "#c93a2b")) + rect("url(#sky)") + stars(rng, 90, W, H)
                + planet(rng, W // 2, 430, 205, "#f6cf78", ["#ffe9b0", "#e59a3a", "#fff3cf", "#c8702a"], "#fff0b0"))
    if name == "title_card":
        orbits = "".join(disc(W // 2, 400, r, "none", 'stroke="#2b2d5b" stroke-width="3" stroke-dasharray="3 11" '
                              'stroke-linecap="round"') for r in (232, 300, 372))
        balls = "".join(disc(W // 2 + r * math.cos(a), 400 + r * math.sin(a), s, c) for r, a, s, c in (
            (232, 3.9, 26, "#ffb52e"), (300, .8, 34, "#3f6fe0"), (372, 4.95, 18, "#7a52c7"), (300, 2.4, 14, "#21a79b")))
        dots = "".join(disc(x, y, 2.5, "#f3cfa4") for x in range(15, W, 30) for y in range(15, H, 30))
        return rect("#fff0d9") + dots + orbits + disc(W // 2, 400, 185, "#ff5d5d") + balls
    if name == "sunlight":
        rays = "".join(f'<path fill="#ffe680" opacity=".5" transform="rotate({a} 380 60)" '
                       f'd="M360 220L380 {300 + 50 * (a % 40 > 0)}L400 220z"/>'
                       for a in range(0, 360, 20))
        land = "".join(oval(W // 2 + x, 980 + y, a, b, "#46c07a") for x, y, a, b in (
            (-110, -120, 75, 36), (-60, -90, 60, 40), (70, -140, 84, 28), (120, -100, 66, 44), (0, -60, 50, 24)))
        path = "".join(disc(345 - n, 130 + 6 * n, 3, "#fff", 'opacity=".6"') for n in range(22, 106, 4))
        return (grad("sky", (0, "#19b7c9"), (.6, "#0a7f9f"), (1, "#06527a")) + rect("url(#sky)") + stars(rng, 60, W, H)
                + grad("g", (0, "#fff6b8"), (.5, "#ffd93b"), (.52, "#ffcf33", .55), (1, "#ffcf33", 0), kind="radial")
                + rays + disc(380, 60, 330, "url(#g)") + path
                + disc(W // 2, 980, 232, "#bff3ff", 'opacity=".35"') + disc(W // 2, 980, 215, "#1f5fd0") + land)
    if name == "moon_sea":
        glitter = "".join(oval(W // 2 + rng.gauss(60, 24 + (y - 930) * .22), y, rng.uniform(8, 38), 2.2, "#dbe7ff",
                               f'opacity="{rng.uniform(.3, .9):.2f}"') for y in range(936, 1330, 5) for _ in (0, 1))
        return (grad("sky", (0, "#060b2c"), (.7, "#22408c"), (1, "#5e86cc")) + grad("sea", (0, "#2c58a8"), (1, "#071338"))
                + rect("url(#sky)", h=940) + stars(rng, 260, W, 820) + moon(rng, 370, 430, 125)
                + ridge(rng, 0, W, 925, 14, "#142a63", 4, 934) + rect("url(#sea)", y=930, h=400) + glitter
                + '<path fill="#0a1230" d="M120 1012h120l-22 30h-76zM176 880v126h-66zM184 896v110h44z"/>')
    if name == "sun_surface":
        return rect("#f28a10", w=860) + bands(rng, 0, 860, -30, H, ["#ffd23f", "#ff6a00", "#ffe98a", "#d94400", "#ffb000"], 40)
    if name == "moon_close":
        return rect("#8fa3c8") + moon(rng, W // 2, 480, 330)
    skies = {"saturn": ("#2a0a4f", "#9a1f7c", "#ff5e86"), "saturn_teal": ("#03403f", "#0c8a6c", "#8fe36b")}
    return saturn(rng, skies[name], ["#fff1d6", "#f0cf9a", "#d8a86c"])
