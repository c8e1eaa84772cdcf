
>
inputPlaceholder*
dtype0*
shape:
B
	min_rangeConst*
dtype0*!
valueB"}ç®ø‘êæø§n}ø
B
	max_rangeConst*
dtype0*!
valueB"ì:@Ø_Í?ê•?
Ü
op
QuantizeV2input	min_range	max_range*
T0*

axis*
modeSCALED*
narrow_range(*

round_modeHALF_TO_EVEN