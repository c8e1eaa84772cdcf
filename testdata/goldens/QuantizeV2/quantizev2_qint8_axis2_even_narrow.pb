
>
inputPlaceholder*
dtype0*
shape:
F
	min_rangeConst*
dtype0*%
valueB"r{ï¿“¾8¿Ÿ¦D¿¨Š¶½
F
	max_rangeConst*
dtype0*%
valueB"B‡Ï?à)«?ÍÉ@U-?
†
op
QuantizeV2input	min_range	max_range*
T0*

axis*
modeSCALED*
narrow_range(*

round_modeHALF_TO_EVEN