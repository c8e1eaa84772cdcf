
>
inputPlaceholder*
dtype0*
shape:
F
	min_rangeConst*
dtype0*%
valueB"T;øÀ*iøì¢Pø≤¢ø
F
	max_rangeConst*
dtype0*%
valueB"Q˚?g
@S§?·›!@
ç
op
QuantizeV2input	min_range	max_range*
T0*

axis*
modeSCALED*
narrow_range(*#

round_modeHALF_AWAY_FROM_ZERO