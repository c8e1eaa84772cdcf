
>
inputPlaceholder*
dtype0*
shape:
F
	min_rangeConst*
dtype0*%
valueB"­î¿'ŞÂ¾p¿CŠf¿
F
	max_rangeConst*
dtype0*%
valueB"_ş@ú•ü?£4@¥Í?

op
QuantizeV2input	min_range	max_range*
T0*

axis*
modeSCALED*
narrow_range(*#

round_modeHALF_AWAY_FROM_ZERO