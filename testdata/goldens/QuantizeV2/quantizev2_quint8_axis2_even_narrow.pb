
>
inputPlaceholder*
dtype0*
shape:
F
	min_rangeConst*
dtype0*%
valueB">ƒ„¿dª“¿WsÕ¿§$‚¿
F
	max_rangeConst*
dtype0*%
valueB" õ?˜d)@Wõ@}„@
†
op
QuantizeV2input	min_range	max_range*
T0*

axis*
modeSCALED*
narrow_range(*

round_modeHALF_TO_EVEN