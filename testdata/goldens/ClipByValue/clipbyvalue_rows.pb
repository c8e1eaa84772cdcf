
2
tPlaceholder*
dtype0*
shape
:
;
clip_value_minPlaceholder*
dtype0*
shape:
;
clip_value_maxPlaceholder*
dtype0*
shape:
=
opClipByValuetclip_value_minclip_value_max*
T0