"""Invented but valid parties: stall holders, operators, buyers, with right check digits from impossible regions."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from stdnum.cn import uscc

# Region 990000 exists nowhere: the codes check, and belong to nobody.
_REGION = "990000"
_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎"
_GIVEN = ("建国", "秀英", "志强", "桂兰", "文军", "丽华", "大勇", "春梅", "国庆", "玉珍", "永福", "小红")
_WARES = ("五金", "刀具", "工具", "锁具", "紧固件", "厨具", "建材", "机电")


@dataclass(slots=True)
class Party:
    """A party as the filings workbook describes it; `ref` is its name within the workbooks only, `bank` the number of
    the bank that keeps its account."""

    ref: str
    role: str
    identity_kind: str
    number: str
    country: str
    name: str
    stall: str = ""
    longitude: str = ""
    latitude: str = ""
    filed_by: str = ""
    qualifications: dict[str, str] = field(default_factory=dict)
    bank: str = ""
    expect: str = ""


def credit_code(random: Random, category: str = "91") -> str:
    """A unified social credit code (社会信用代码) with its check character."""
    body = category + _REGION + "".join(random.choice(_ALPHABET[:10]) for _ in range(8)) + random.choice("0123456789")
    return body + uscc.calc_check_digit(body)


def resident_id(random: Random) -> str:
    """A resident id number (公民身份号码) with its check digit and a real birth date."""
    body = f"{_REGION}{random.randint(1960, 1999)}{random.randint(1, 12):02}{random.randint(1, 28):02}"
    body += f"{random.randint(0, 999):03}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 11]


def stall_holders(random: Random, count: int) -> list[Party]:
    """Stall holders inside the pilot's bounds; most are individual businesses (个体工商户)."""
    parties = []
    for n in range(1, count + 1):
        person = _SURNAMES[(n * 7) % len(_SURNAMES)] + _GIVEN[n % len(_GIVEN)]
        natural = n % 16 == 0
        parties.append(
            Party(
                ref=f"SH{n:03}",
                role="stall_holder",
                identity_kind="resident_id" if natural else "credit_code",
                number=resident_id(random) if natural else credit_code(random, "92"),
                country="CN",
                name=person if natural else f"龙水{person}{_WARES[n % len(_WARES)]}经营部",
                stall=f"{n % 8 + 1:02}-{n:06}",
                longitude=f"{105.735 + random.randint(0, 20) / 1000:.6f}",
                latitude=f"{29.530 + random.randint(0, 20) / 1000:.6f}",
                qualifications={"taxpayer_kind": "small_scale", "filing_frequency": "month"}
                | ({} if natural else {"fx_directory": "A"}),
                bank=str(n % 2 + 1),
            )
        )
    return parties


def operators(random: Random) -> list[Party]:
    """Six operators with everything a consignor must hold."""
    names = (
        "龙水国际贸易",
        "大足五金进出口",
        "渝西供应链",
        "巴渝外贸综合服务",
        "双桥商贸",
        "重庆金属制品出口",
    )
    return [
        Party(
            ref=f"OP{n}",
            role="operator",
            identity_kind="credit_code",
            number=credit_code(random),
            country="CN",
            name=f"{name}有限公司",
            qualifications={
                "customs_filing": f"50129{n:05}",
                "fx_directory": "A",
                "taxpayer_kind": "general",
                "filing_frequency": "month",
                "quality_undertaking": "signed",
            },
            bank=str(n % 2 + 1),
        )
        for n, name in enumerate(names, 1)
    ]


_FOREIGN = (
    ("RU", "Vostok Instrument OOO", "Dmitri Sokolov"),
    ("AE", "Gulf Hardware Trading LLC", "Omar Haddad"),
    ("VN", "Saigon Tools Company Limited", "Nguyen Van An"),
    ("NG", "Lagos Building Supplies Limited", "Chidi Okafor"),
    ("PL", "Warta Narzedzia Sp. z o.o.", "Piotr Nowak"),
    ("DE", "Rheinwerk Eisenwaren GmbH", "Jonas Becker"),
    ("MX", "Ferreteria del Norte SA", "Luis Herrera"),
    ("KE", "Mombasa Hardware Limited", "Grace Wanjiru"),
)


def buyers(random: Random) -> list[Party]:
    """Buyers domestic and foreign, enterprise and individual; an operator files each."""
    parties: list[Party] = []
    for n, (country, company, person) in enumerate(_FOREIGN, 1):
        for kind, name, number in (
            ("foreign_registration", company, f"{country}{random.randint(10**7, 10**8 - 1)}"),
            ("passport", person, f"{country[0]}{random.randint(10**7, 10**8 - 1)}"),
        ):
            ref = f"BU{len(parties) + 1:02}"
            parties.append(Party(ref, "buyer", kind, number, country, name, filed_by=f"OP{n % 6 + 1}"))
    for n in range(1, 11):
        ref = f"BU{len(parties) + 1:02}"
        filed_by = f"OP{n % 6 + 1}"
        if n % 2:
            name = f"成渝采购{n}号贸易有限公司"
            parties.append(Party(ref, "buyer", "credit_code", credit_code(random), "CN", name, filed_by=filed_by))
        else:
            name = _SURNAMES[n] + _GIVEN[n]
            parties.append(Party(ref, "buyer", "resident_id", resident_id(random), "CN", name, filed_by=filed_by))
    return parties
