"""Real hardware of a hardware market: Chinese and English names, codes of the nomenclature, units, prices."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Good:
    """One kind of goods: `kg` is the net weight of a unit, `usd` a usual price of a unit."""

    name: str
    english: str
    hs_code: str
    unit: str
    kg: Decimal
    usd: Decimal


def _good(row: str) -> Good:
    name, english, code, unit, kg, usd = row.split("|")
    return Good(name, english, code, unit, Decimal(kg), Decimal(usd))


GOODS: tuple[Good, ...] = tuple(
    map(
        _good,
        """\
不锈钢菜刀|kitchen knife|8211920000|把|0.320|2.15
折叠刀|folding knife|8211930000|把|0.110|1.80
剪刀|scissors|8213000000|把|0.090|0.95
园艺剪|secateurs|8201500000|把|0.210|2.60
铁锹|spade|8201100000|把|1.450|3.10
锄头|hoe|8201300090|把|1.100|2.75
砍刀|machete|8201400090|把|0.650|2.40
手锯|hand saw|8202100000|把|0.380|2.05
带锯条|band saw blade|8202200000|千克|1.000|6.40
锉刀|file|8203100000|把|0.240|1.35
钢丝钳|combination pliers|8203200000|把|0.280|1.90
固定扳手|fixed spanner|8204110000|把|0.310|1.65
活动扳手|adjustable spanner|8204120000|把|0.420|2.55
套筒扳手头|spanner socket|8204200000|千克|1.000|5.20
螺丝刀|screwdriver|8205400000|把|0.120|0.85
铁锤|hammer|8205200000|把|0.750|2.95
家用手工具|household hand tool|8205510000|个|0.180|1.10
台虎钳|vice|8205700000|个|5.600|14.80
工具套装|tool set|8206000000|套|2.800|11.50
钻头|drill bit|8207509000|千克|1.000|9.80
餐刀套件|table cutlery set|8215200000|千克|1.000|7.20
不锈钢勺|spoon|8215990000|千克|1.000|6.90
挂锁|padlock|8301100000|千克|1.000|4.60
门锁|door lock|8301400000|千克|1.000|7.80
铰链|hinge|8302100000|千克|1.000|3.20
家具脚轮|castor|8302200000|千克|1.000|3.60
帽架挂钩|hat-rack hook|8302500000|千克|1.000|3.90
金属扣件|metal clasp|8308100000|千克|1.000|8.40
铁钉|nail|7317000000|千克|1.000|1.15
自攻螺钉|self-tapping screw|7318140001|千克|1.000|2.10
螺栓|bolt|7318159001|千克|1.000|1.85
螺母|nut|7318160000|千克|1.000|1.95
垫圈|washer|7318220001|千克|1.000|2.00
钢丝绳|steel wire rope|7312100000|千克|1.000|1.75
铁链|chain|7315820000|千克|1.000|2.20
不锈钢锅|stainless steel pot|7323930000|千克|1.000|6.10
铸铁锅|cast iron pan|7323910000|千克|1.000|2.90
钢丝球|steel wool|7323100000|千克|1.000|2.30
水龙头|tap|8481801090|套|0.550|5.90
角阀|angle valve|8481804090|套|0.260|2.80
手动葫芦|chain hoist|8425190000|台|9.500|32.00
千斤顶|hydraulic jack|8425421000|台|4.300|12.40
电钻|electric drill|8467210000|台|1.650|18.60
角磨机|angle grinder|8467291000|台|1.900|17.20
砂轮|grinding wheel|6804221000|千克|1.000|2.45
砂纸|abrasive paper|6805200000|千克|1.000|3.30
塑料收纳盒|plastic box|3926909090|千克|1.000|2.85
塑料水桶|plastic bucket|3924900000|千克|1.000|2.25
手电筒|torch|8513101000|个|0.160|1.95
电插座|socket outlet|8536690000|千克|1.000|5.60
LED灯具|LED lamp|9405419000|千克|1.000|8.90
卷尺|tape measure|9017800000|个|0.150|0.90
油漆刷|paint brush|9603409019|把|0.070|0.55
金属衣架|metal hanger|7326909000|千克|1.000|2.60""".splitlines(),
    )
)

UNKNOWN = _good("竹制太极剑架|bamboo sword stand|4421999090|个|0.900|3.40")
NEGATIVE = _good("仿真枪金属配件|imitation firearm part|9304000000|千克|1.000|9.00")
