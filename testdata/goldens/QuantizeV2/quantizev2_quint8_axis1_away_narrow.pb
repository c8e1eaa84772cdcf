
>
inputPlaceholder*
dtype0*
shape:
B
	min_rangeConst*
dtype0*!
valueB"n•æøYhùæjîæ
B
	max_rangeConst*
dtype0*!
valueB"¿H@à2@∆˘?
ç
op
QuantizeV2input	min_range	max_range*
T0*

axis*
modeSCALED*
narrow_range(*#

round_modeHALF_AWAY_FROM_ZERO