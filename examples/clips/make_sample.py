"""Makes sample_clips.json: invented clips, so that `make clips` has something to rank. Nothing in it happened.

usage: make_sample.py > sample_clips.json
"""

import json
import random

random.seed(20260101)
NICHES = {
    "gaming": ["Epic {} boss fight", "{} speed run in 4 minutes", "I broke {} with one trick", "Funny {} fails"],
    "cooking": ["{} in ten minutes", "The {} nobody talks about", "Perfect {} every time", "I tried {} for a week"],
    "memes": ["POV: {}", "When {} happens", "Nobody: ... me: {}", "{} but it gets weirder"],
}
WORDS = {
    "gaming": ["Hollow Cave", "Sky Racer", "Blockland", "Night Arena", "Deep Harbour"],
    "cooking": ["ramen", "focaccia", "rice pudding", "kimchi", "shakshuka"],
    "memes": ["Monday", "the group chat", "wifi", "my cat", "the last slice"],
}
ENDS = ["part two", "with my brother", "at 3 am", "on a budget", "live from Oslo", "no cuts", "the whole story", "caught on camera"]
SIGNS = ["😂", "🔥", "explained", "again", "wait for it", "1 of 100", "(sound on)", "for beginners"]
PLATFORMS = {
    "youtube": "https://www.youtube.com/shorts/{}",
    "tiktok": "https://www.tiktok.com/@sample/video/{}",
    "instagram": "https://www.instagram.com/reel/{}/",
}

clips = []
for number in range(60):
    niche = random.choice(list(NICHES))
    platform = random.choice(list(PLATFORMS))
    age = round(random.uniform(2, 70), 1)
    views = int(10 ** random.uniform(2.5, 6.3))
    share = min(1.0, random.lognormvariate(-1.2, 0.9) * 24 / max(age, 24))
    name = f"{platform[:2]}{number:03d}"
    title = random.choice(NICHES[niche]).format(random.choice(WORDS[niche]))
    clips.append({
        "id": name,
        "title": f"{title} {random.choice(ENDS)} {random.choice(SIGNS)} #{niche}",
        "platform": platform,
        "channel": f"{niche}_channel_{random.randrange(6)}",
        "views": views,
        "views_last_24h": views if age <= 24 else int(views * share),
        "likes": int(views * random.uniform(0.01, 0.12)),
        "comments": int(views * random.uniform(0.0005, 0.01)),
        "shares": None if platform == "youtube" else int(views * random.uniform(0.001, 0.02)),
        "age_hours": age,
        "growth_6h": round(1 + random.expovariate(0.8), 2) if age > 6 else None,
        "url": PLATFORMS[platform].format(name),
    })
# Copies: the same post under another address, and one title published again.
again = dict(clips[3], id="again1", url=clips[3]["url"] + "?utm_source=feed")
other = dict(clips[7], id="again2", url="https://www.youtube.com/shorts/again2", platform="youtube", title=clips[7]["title"] + "!")
print(json.dumps({"note": "invented by make_sample.py; nothing in it happened", "clips": clips + [again, other]}, indent=1))
