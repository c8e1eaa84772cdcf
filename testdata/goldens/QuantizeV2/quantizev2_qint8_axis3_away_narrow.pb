
>
inputPlaceholder*
dtype0*
shape:
>
	min_rangeConst*
dtype0*
valueB"ü«øµ<Æø
>
	max_rangeConst*
dtype0*
valueB"3:Ç?u¬A?
ç
op
QuantizeV2input	min_range	max_range*
T0*

axis*
modeSCALED*
narrow_range(*#

round_modeHALF_AWAY_FROM_ZERO