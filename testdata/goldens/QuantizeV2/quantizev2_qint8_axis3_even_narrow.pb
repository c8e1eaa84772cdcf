
>
inputPlaceholder*
dtype0*
shape:
>
	min_rangeConst*
dtype0*
valueB"}öÕ¿ËÓ"¿
>
	max_rangeConst*
dtype0*
valueB"H‹˜?>gò?
†
op
QuantizeV2input	min_range	max_range*
T0*

axis*
modeSCALED*
narrow_range(*

round_modeHALF_TO_EVEN